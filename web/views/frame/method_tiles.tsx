/** The ways to find cells, each with what it finds in the middle of the frame. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Box, type DetectSettings, middleOf, searchMethods } from '../../../src/js/index.ts';
import { openModelPicker } from '../../parts/file_inputs.tsx';
import { optionsOf, searchOf, type FrameEntry } from '../../state/frame_store.ts';
import { tryOptions } from '../../state/frames.ts';
import { withFrame } from '../../state/held_frames.ts';
import { leaveDetector, ownDetector } from '../../state/own_detector.ts';
import { addOutline } from './drawing.ts';
import { words } from './words.ts';

type Method = DetectSettings['method'];

/** Width of what a tile shows, in typical cells, and the least that tells anything, px. */
const cellsAcross = 7;
const leastPx = 96;
/** Longer than between two steps of a slider. */
const afterMs = 250;
const picturePx = 240;

interface Found { picture: ImageBitmap; region: Box; outlines: Float32Array[] }

export function MethodTiles({ frame, entry }: { frame: number; entry: FrameEntry }) {
  const search = searchOf(frame);
  const [found, setFound] = useState<Partial<Record<Method, Found>>>({});
  const settings: DetectSettings = { ...search, pixel_size_um: optionsOf(frame).pixelSizeUm ?? entry.analysis.facts.pixel_size_um };
  const own = ownDetector.value;
  const key = JSON.stringify([frame, entry.analysis.choice, entry.range, own && [own.name, own.version, own.network.sha256], { ...settings, method: '' }]);
  useEffect(() => {
    let stopped = false;
    setFound({});
    const timer = setTimeout(() => {
      // Without pictures the names still tell.
      void look(frame, entry, settings, (method, one) => !stopped && setFound((before) => ({ ...before, [method]: one })), () => stopped).catch(() => undefined);
    }, afterMs);
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [key]);
  return (
    <>
      <fieldset class="method-tiles">
        <legend>{words.search.method}</legend>
        {searchMethods.map((method) => (
          <label key={method}>
            <input type="radio" name="method" data-testid={`method-${method}`} checked={method === search.method} onChange={() => tryOptions(frame, { method })} />
            <Tile found={found[method]} />
            <span class="small">{words.search.methods[method]}</span>
            <span class="small muted number">{words.search.foundHere(found[method]?.outlines.length)}</span>
          </label>
        ))}
      </fieldset>
      <p class="small muted" data-testid="own-detector" data-name={own?.name}>
        {own ? words.search.ownNetwork(`${own.title} ${own.version}`) : words.search.siteNetworks}{' '}
        <button type="button" class="link" data-testid={own ? 'leave-detector' : 'add-detector'} title={own ? undefined : words.search.addNetworkHint} onClick={own ? leaveDetector : openModelPicker}>
          {own ? words.search.leaveNetwork : words.search.addNetwork}
        </button>
      </p>
    </>
  );
}

/** Looks at the middle of a frame by every method, one after the other. */
async function look(frame: number, { analysis, range }: FrameEntry, settings: DetectSettings, onFound: (method: Method, found: Found) => void, isStopped: () => boolean): Promise<void> {
  await withFrame(frame, analysis.choice, async (held) => {
    const across = (cellsAcross * Math.sqrt(settings.least_diameter * settings.most_diameter)) / (settings.pixel_size_um ?? 1);
    const region = middleOf(held.facts.image, Math.round(Math.max(leastPx, across)));
    const { rgba, widthPx, heightPx } = await held.view(region, picturePx, range);
    const picture = await createImageBitmap(new ImageData(rgba, widthPx, heightPx));
    for (const method of searchMethods) {
      if (isStopped()) return;
      const cells = await held.searchPart(region, { ...settings, method });
      onFound(method, { picture, region, outlines: cells.map(({ outline }) => outline) });
    }
  });
}

function Tile({ found }: { found: Found | undefined }) {
  const element = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = element.current?.getContext('2d');
    if (!context) return;
    context.resetTransform();
    context.clearRect(0, 0, picturePx, picturePx);
    if (!found) return;
    const { picture, region, outlines } = found;
    const scale = picturePx / Math.max(region.width_px, region.height_px);
    context.translate((picturePx - region.width_px * scale) / 2, (picturePx - region.height_px * scale) / 2);
    context.drawImage(picture, 0, 0, region.width_px * scale, region.height_px * scale);
    context.scale(scale, scale);
    context.translate(-region.left_px, -region.top_px);
    const path = new Path2D();
    for (const outline of outlines) addOutline(path, outline, 0.5);
    for (const [width, colour] of [[5, 'rgb(0 0 0 / 0.55)'], [2.5, '#ffffff']] as const) {
      context.lineWidth = width / scale;
      context.strokeStyle = colour;
      context.stroke(path);
    }
  }, [found]);
  return <canvas ref={element} width={picturePx} height={picturePx} aria-hidden="true" />;
}
