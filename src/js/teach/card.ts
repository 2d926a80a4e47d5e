/** What a taught model's card says, in Markdown. */
import type { ModelSpec } from '../model/spec.ts';
import type { CrossValidated } from './examined.ts';

export function cardOf(spec: ModelSpec, crossValidated: CrossValidated | null): string {
  const { title, purpose, caution, classes, taught, training, licence, judge, novelty } = spec;
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  const table = (header: string[], rows: (string | number)[][]): string => [row(header), row(header.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(row)].join('\n');
  const parts = [
    `# ${title}`,
    `${purpose} ${caution ?? ''}`,
    '## What it is for, and what not\n\n- For teaching and research.\n- **Not for diagnosis**, nor for any decision about a patient.\n- It knows the cells, the stain and the microscope that it was taught from, and no others.',
    `## What it was taught from\n\n${table(['type', 'cells'], classes.map(({ id, name }) => [name, taught?.cells[id] ?? 0]))}\n\n${training.data} ${training.recipe}; strength of the regression ${taught?.strength ?? 0}.`,
  ];
  const { test } = spec.metrics;
  if (crossValidated === null || test === undefined) return `${[...parts, '## How good it is\n\nNot known: a type has too few cells to leave one out.', `## Licence\n\n${licence}`].join('\n\n')}\n`;
  const { right, measurement, partAccuracies, curve, background, confusion } = crossValidated;
  parts.push(
    `## How good it is\n\n${training.split} Each cell was named by a head that had not learned from its part, with a strength chosen within the others.\n\n${table(['', ''], [
      ['right', `${right.cells} of ${right.of}`], ['accuracy', percent(test.accuracy)], ['95 % interval, over groups', `${percent(right.interval[0])}–${percent(right.interval[1])}`],
      ['balanced accuracy', percent(test.balanced_accuracy)], ['in each part', partAccuracies.map(percent).join(', ')], ['calibration error', percent(test.ece)],
      ['by the pictures\' corners alone, balanced', percent(background)], ['unsure below', judge.abstain_below],
    ])}`,
    `### Learning curve\n\n${table(['learned from', 'balanced accuracy'], curve.map(({ learnedFrom, balancedAccuracy }) => [`${Math.round(learnedFrom)} cells`, percent(balancedAccuracy)]))}`,
    `### What was called what\n\n${table(['true ↓ called →', ...classes.map(({ letter }) => letter)], classes.map(({ letter, name }, i) => [`${letter} ${name}`, ...(confusion[i] ?? [])]))}`,
    novelty
      ? `## Cells unlike these\n\nA cell further than ${novelty.threshold.toFixed(2)} from its nearest type is called foreign; of ${right.of} cells that were left out 98 of 100 lie nearer, or all, where they are fewer than fifty.`
      : '## Cells unlike these\n\nIt cannot tell them.',
    `## What to mind\n\n${taught && taught.warnings.length > 0 ? `Found when it was taught: ${taught.warnings.join(', ').replaceAll('_', ' ')}.` : 'Nothing was found when it was taught.'} Macro F1 ${(measurement.macro_f1.value ?? 0).toFixed(3)}.`,
    `## Licence\n\n${licence}`,
  );
  return `${parts.join('\n\n')}\n`;
}
