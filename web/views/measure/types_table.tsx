/** Each type against all others. */
import type { Measurement, ModelSpec } from '../../../src/js/index.ts';
import { honest, intervalWords, scoreWords, typeScores } from '../../../src/js/plots.ts';
import { ClassMark } from '../../parts/class_mark.tsx';
import { formatCount } from '../../state/format.ts';
import { words } from './words.ts';

export function TypesTable({ measurement: { types }, spec: { classes } }: { measurement: Measurement; spec: Pick<ModelSpec, 'classes'> }) {
  return (
    <>
      <h3>{words.types.title}</h3>
      <div class="table-frame" role="region" tabIndex={0} aria-label={words.types.caption}>
        <table class="types-table" data-testid="types-table">
          <caption class="visually-hidden">{words.types.caption}</caption>
          <thead>
            <tr>
              <th scope="col">{words.types.type}</th>
              {[words.types.cells, words.types.named, ...typeScores.map(({ name }) => name)].map((name) => (
                <th key={name} scope="col" class="number">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {classes.map(({ id, name, letter }, i) => (
              <tr key={id} data-type={id}>
                <th scope="row">
                  <ClassMark index={i} letter={letter} /> {name}
                </th>
                <td class="number">{formatCount(types[i]?.true_count ?? 0)}</td>
                <td class="number">{formatCount(types[i]?.named_count ?? 0)}</td>
                {typeScores.map(({ of }) => {
                  const known = types[i]?.[of];
                  const measured = known && honest(known);
                  return (
                    <td key={of} class="number">
                      {scoreWords(measured?.value ?? null)}
                      {measured?.interval && <span class="interval muted">{intervalWords(measured.interval)}</span>}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
