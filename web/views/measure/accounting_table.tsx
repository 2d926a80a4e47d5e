/** How many images were left out and why, and what became of the rest. */
import { type Accounting, wilsonInterval } from '../../../src/js/index.ts';
import { FactList } from '../../parts/fact_list.tsx';
import { intervalWords } from '../../parts/words.ts';
import { formatCount, formatPercent } from '../../state/format.ts';
import { words } from './words.ts';

export function AccountingTable({ accounting }: { accounting: Accounting }) {
  const { images, unread, without_truth, of_other_types, measured, named, named_rightly, unsure, foreign, poor_quality } = accounting;
  const { title, otherType, of, ...names } = words.accounting;
  const share = (count: number, total: number): string => `${formatCount(count)}, ${of(formatPercent(total > 0 ? count / total : 0), intervalWords(wilsonInterval(count, total)))}`;
  const facts: [string, string][] = [
    [names.images, formatCount(images)],
    ...(unread > 0 ? [[names.unread, formatCount(unread)] as [string, string]] : []),
    ...(without_truth > 0 ? [[names.withoutTruth, formatCount(without_truth)] as [string, string]] : []),
    ...Object.entries(of_other_types).map(([name, count]): [string, string] => [otherType(name), formatCount(count)]),
    [names.measured, formatCount(measured)],
    [names.named, share(named, measured)],
    [names.right, share(named_rightly, named)],
    [names.unsure, share(unsure, measured)],
    [names.foreign, share(foreign, measured)],
    [names.quality, share(poor_quality, measured)],
  ];
  return (
    <>
      <h3>{title}</h3>
      <FactList class="facts-list small" facts={facts} />
    </>
  );
}
