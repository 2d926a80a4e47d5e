/** How frequent the types are among all cells: as named, as sampled, and with what is known of the model's errors. */
import type { ModelSpec, ShareEstimate, TypeShares } from '../../../src/js/index.ts';
import { ClassMark } from '../../parts/class_mark.tsx';
import { intervalWords } from '../../parts/words.ts';
import { formatPercent } from '../../state/format.ts';
import { words as all } from './words.ts';

const words = all.shares;

export function SharesTable({ shares, spec }: { shares: readonly TypeShares[]; spec: Pick<ModelSpec, 'classes'> }) {
  return (
    <section data-testid="type-shares">
      <h3>{words.title}</h3>
      <p class="small muted">{words.hint}</p>
      <div class="table-frame" role="region" tabIndex={0} aria-label={words.title}>
        <table>
          <thead>
            <tr>
              {[words.type, words.named, words.sampled, words.adjusted, words.expected].map((word, i) => (
                <th key={word} scope="col" class={i > 0 ? 'number' : undefined}>
                  {word}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shares.map(({ named, sampled, adjusted, expected }, i) => (
              <tr key={spec.classes[i]?.id}>
                <th scope="row">
                  <ClassMark index={i} letter={spec.classes[i]?.letter ?? ''} /> {spec.classes[i]?.name}
                </th>
                <td class="number">{formatPercent(named)}</td>
                {[sampled, adjusted, expected].map((estimate, column) => (
                  <td key={column} class="number">
                    {estimateWords(estimate)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function estimateWords(estimate: ShareEstimate | null): string {
  return estimate === null ? '–' : `${formatPercent(estimate.share)} (${intervalWords(estimate.interval)})`;
}
