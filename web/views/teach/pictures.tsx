/** Pictures side by side: one stop of the Tab key, arrows within; a press chooses. */
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { draw } from '../../parts/crop_picture.tsx';
import { words as shared } from '../../parts/words.ts';
import { wishPicture } from '../../state/pictures.ts';
import { chosen, toggle, choose } from './chosen.ts';

export function Picture({ index, sidePx }: { index: number; sidePx: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [crop, setCrop] = useState<ImageData | null>();
  const stepPx = 32;
  const madePx = Math.min(448, stepPx * Math.ceil((sidePx * window.devicePixelRatio) / stepPx));
  useEffect(() => wishPicture(index, madePx, setCrop), [index, madePx]);
  useLayoutEffect(() => {
    if (crop && canvas.current) draw(canvas.current, crop);
  }, [crop]);
  return (
    <span class={`crop-picture ${crop ? '' : 'waiting'}`}>
      <canvas ref={canvas} aria-hidden="true" />
      {crop === null && <span class="small">{shared.pictureGone}</span>}
    </span>
  );
}

export interface PictureItem { index: number; label: string; below?: ComponentChildren }

interface Props { items: readonly PictureItem[]; sidePx: number; label: string }

export function Pictures({ items, sidePx, label }: Props) {
  const box = useRef<HTMLUListElement>(null);
  const [at, setAt] = useState(0);
  /** A picture had the focus, and nothing else got it since. */
  const hadFocus = useRef(false);
  const last = Math.max(0, items.length - 1);
  const standing = Math.min(at, last);
  const picks = (): HTMLElement[] => [...(box.current?.querySelectorAll<HTMLElement>('.pick') ?? [])];

  useLayoutEffect(() => {
    // What was answered is gone; its place has the next.
    if (hadFocus.current && document.activeElement === document.body) picks()[standing]?.focus({ preventScroll: true });
  }, [items]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (!(event.target as HTMLElement).matches('.pick') || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = picks();
    const columns = Math.max(1, all.filter(({ parentElement }) => parentElement?.offsetTop === all[0]?.parentElement?.offsetTop).length);
    const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -last, End: last };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = Math.min(last, Math.max(0, standing + step));
    setAt(next);
    all[next]?.focus();
  };

  const press = (event: MouseEvent, place: number): void => {
    const item = items[place];
    if (!item) return;
    if (event.shiftKey) choose([...chosen.value, ...items.slice(Math.min(standing, place), Math.max(standing, place) + 1).map(({ index }) => index)]);
    else toggle(item.index);
    setAt(place);
  };

  return (
    <ul
      ref={box} class="pictures" aria-label={label} style={{ '--side': `${sidePx}px` }} onKeyDown={onKeyDown}
      onFocusIn={() => (hadFocus.current = true)} onFocusOut={({ relatedTarget }) => { if (relatedTarget) hadFocus.current = false; }}
    >
      {items.map(({ index, label: name, below }, i) => (
        <li key={index}>
          <button type="button" class="pick" data-testid="teach-picture" data-index={index} aria-pressed={chosen.value.has(index)} aria-label={name} title={name} tabIndex={i === standing ? 0 : -1} onFocus={() => setAt(i)} onClick={(event) => press(event, i)}>
            <Picture index={index} sidePx={sidePx} />
          </button>
          {below}
        </li>
      ))}
    </ul>
  );
}
