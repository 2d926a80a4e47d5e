/** What to mind before the figure is believed: what was found, and what to do about it. */
import { type TeachingWarning, warningWords } from '../../../src/js/index.ts';
import { labelAt, plan } from '../../state/teaching.ts';
import { pathOf } from '../../state/teaching_items.ts';
import { indexOf, type Tested } from '../../state/teaching_test.ts';
import { type PictureItem, Pictures } from './pictures.tsx';
import { words } from './words.ts';

/** px. */
const thumbnail = 56;
const mostShown = 8;

/** Those that make the figure itself worthless come with a bar. */
const grave = new Set<TeachingWarning['kind']>(['background', 'own_source', 'two_labels']);

export function Mind({ now }: { now: Tested }) {
  const { warnings } = now.found;
  return (
    <div class="mind" data-testid="warnings" data-kinds={[...new Set(warnings.map(({ kind }) => kind))].join(' ')}>
      <h3>{words.mind.title}</h3>
      {warnings.length === 0 && <p class="small muted">{words.mind.nothing}</p>}
      {warnings.map((warning, i) => (
        <Warned key={`${warning.kind} ${i}`} warning={warning} now={now} />
      ))}
    </div>
  );
}

function Warned({ warning, now }: { warning: TeachingWarning; now: Tested }) {
  const { kind } = warning;
  const { found, advice } = warningWords(warning, now.found);
  const [one = '', other = ''] = warning.kind === 'few' ? [nameOf(warning.type)] : warning.kind === 'alike_types' ? [nameOf(warning.one), nameOf(warning.other)] : [];
  const title = words.mind.titles[kind](one, other);
  const lessons = lessonsOf(warning, now);
  const shown = lessons.slice(0, mostShown).flatMap((lesson) => indexOf(now, lesson) ?? []);
  return (
    <section class={`warned small ${grave.has(kind) ? 'grave' : ''}`} data-testid="warning" data-kind={kind}>
      <h4>{title}</h4>
      <p>{found}</p>
      {words.mind.why[kind] && <p>{words.mind.why[kind]}</p>}
      <p class="advice">{advice}</p>
      {shown.length > 0 && <Pictures items={shown.map(itemOf)} sidePx={thumbnail} label={title} />}
      {lessons.length > mostShown && <p class="muted">{words.mind.more(lessons.length - mostShown)}</p>}
    </section>
  );
}

function nameOf(id: string | undefined): string {
  return plan.value.types.find((one) => one.id === id)?.name ?? id ?? '';
}

function itemOf(index: number): PictureItem {
  return { index, label: words.mind.ofType(nameOf(labelAt(index)?.type), pathOf(index)) };
}

/** Those that are shown beside it. */
function lessonsOf(warning: TeachingWarning, now: Tested): number[] {
  switch (warning.kind) {
    case 'two_labels': case 'copies': return warning.pairs.flat();
    case 'outliers': return warning.lessons;
    case 'alike_types': return confused(now, warning.one, warning.other);
    default: return [];
  }
}

/** Lessons of either type that were taken for the other. */
function confused({ found }: Tested, one: string, other: string): number[] {
  return found.doubtful.filter(({ lesson, likelier }) => { const own = found.lessons[lesson]?.type; return (own === one && likelier === other) || (own === other && likelier === one); }).map(({ lesson }) => lesson);
}
