/** Which plane of a microscope's file is looked at, by the names that the file has for it. */
import { useEffect, useState } from 'preact/hooks';
import { type FrameChoice, type ImageFileFacts, pageOf, type Place } from '../../../src/js/index.ts';
import { ofMany } from '../../parts/words.ts';
import { chooseInFile } from '../../state/frames.ts';
import { wholeOf } from '../../state/slides.ts';
import { words } from './words.ts';

/** More would make the list slower than it helps. */
const mostOptions = 2000;

/** Only what has more than one choice; a quiet sentence says why this plane, where nobody chose it. */
export function FilePlace({ frame, file: { series, place, reason }, choice }: { frame: number; file: ImageFileFacts; choice: FrameChoice }) {
  const one = series[place.series];
  if (!one) return null;
  const go = (change: Partial<Place>): void => {
    const to = { ...place, ...change };
    // Another series has another size; what is looked at of this one does not lie in it.
    chooseInFile(frame, change.series === undefined ? { ...choice, page: pageOf(series, to), channel: to.channel } : wholeOf(series, to));
  };
  const named = (names: readonly string[]): string[] => names.map((name, i) => (name === '' ? ofMany(i + 1, names.length) : name));
  const projection = choice.projection ?? 'one';
  return (
    <>
      <Among name="series" label={words.facts.series} values={named(series.map(({ name }) => name))} value={place.series} onChoose={(number) => go({ series: number, channel: 0, z: 0, t: 0 })} />
      <Among name="file-channel" label={words.facts.channel} values={named(one.channels.map(({ name }) => name))} value={place.channel} onChoose={(channel) => go({ channel })} />
      {projection === 'one' && <Through name="z" label={words.facts.z} count={one.z} value={place.z} onChoose={(z) => go({ z })} />}
      <Through name="t" label={words.facts.t} count={one.t} value={place.t} onChoose={(t) => go({ t })} />
      {one.z > 1 && (
        <label class="field">
          {words.facts.planes}
          <select
            data-testid="projection" value={projection}
            onChange={({ currentTarget: { value } }) => {
              const { projection: _, ...rest } = choice;
              chooseInFile(frame, value === 'one' ? rest : { ...rest, projection: value as 'max' | 'mean' });
            }}
          >
            {Object.entries(words.facts.projections).map(([name, label]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        </label>
      )}
      {reason !== '' && <span data-testid="why-plane">{reason}</span>}
    </>
  );
}

/** A way through many planes: the number follows the hand, the frame is read and searched where it rests. */
function Through({ name, label, count, value, onChoose }: { name: string; label: string; count: number; value: number; onChoose: (value: number) => void }) {
  const [at, setAt] = useState(value);
  useEffect(() => setAt(value), [value]);
  if (count < 2) return null;
  return (
    <label class="field through">
      {label}
      <input
        type="range" data-testid={name} min={0} max={count - 1} step={1} value={at} aria-valuetext={ofMany(at + 1, count)}
        onInput={(event) => setAt(event.currentTarget.valueAsNumber)} onChange={(event) => onChoose(event.currentTarget.valueAsNumber)}
      />
      <output class="number">{ofMany(at + 1, count)}</output>
    </label>
  );
}

function Among({ name, label, values, value, onChoose }: { name: string; label: string; values: readonly string[]; value: number; onChoose: (value: number) => void }) {
  if (values.length < 2) return null;
  return (
    <label class="field">
      {label}
      <select data-testid={name} value={value} onChange={(event) => onChoose(Number(event.currentTarget.value))}>
        {values.slice(0, mostOptions).map((one, i) => (
          <option key={i} value={i}>
            {one}
          </option>
        ))}
      </select>
    </label>
  );
}
