/** Which plane of a microscope's file is looked at, by the names that the file has for it. */
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
  const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => ofMany(i + 1, count));
  const named = (names: readonly string[]): string[] => names.map((name, i) => (name === '' ? ofMany(i + 1, names.length) : name));
  const projection = choice.projection ?? 'one';
  return (
    <>
      <Among name="series" label={words.facts.series} values={named(series.map(({ name }) => name))} value={place.series} onChoose={(number) => go({ series: number, channel: 0, z: 0, t: 0 })} />
      <Among name="file-channel" label={words.facts.channel} values={named(one.channels.map(({ name }) => name))} value={place.channel} onChoose={(channel) => go({ channel })} />
      {projection === 'one' && <Among name="z" label={words.facts.z} values={numbers(one.z)} value={place.z} onChoose={(z) => go({ z })} />}
      <Among name="t" label={words.facts.t} values={numbers(one.t)} value={place.t} onChoose={(t) => go({ t })} />
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
