/** What to mind before the figure is believed: what was found, and what to do about it. */
import type { ComponentChildren } from 'preact';
import type { TeachingWarning } from '../../../src/js/index.ts';
import { allImages } from '../../state/images.ts';
import { labelAt, plan } from '../../state/teaching.ts';
import { indexOf, type Tested } from '../../state/teaching_test.ts';
import { type PictureItem, Pictures } from './pictures.tsx';
import { words } from './words.ts';

/** px. */
const thumbnail = 56;
const mostShown = 8;

/** Those that make the figure itself worthless come with a bar. */
const grave = new Set<TeachingWarning['kind']>(['background', 'own_source', 'two_labels']);

interface Told { title: string; what: string; do: string; pictures?: (number | null)[]; more?: number }

export function Mind({ now }: { now: Tested }) {
  const { warnings } = now.found;
  return (
    <div class="mind" data-testid="warnings" data-kinds={[...new Set(warnings.map(({ kind }) => kind))].join(' ')}>
      <h3>{words.mind.title}</h3>
      {warnings.length === 0 && <p class="small muted">{words.mind.nothing}</p>}
      {warnings.map((warning, i) => {
        const told = toldOf(warning, now);
        const kept = (told.pictures ?? []).filter((index) => index !== null);
        return (
          <Warned key={`${warning.kind} ${i}`} kind={warning.kind} told={told}>
            {kept.length > 0 && <Pictures items={kept.map(itemOf)} sidePx={thumbnail} label={told.title} />}
            {told.more !== undefined && told.more > 0 && <p class="small muted">{words.mind.more(told.more)}</p>}
          </Warned>
        );
      })}
    </div>
  );
}

function Warned({ kind, told, children }: { kind: TeachingWarning['kind']; told: Told; children: ComponentChildren }) {
  return (
    <section class={`warned small ${grave.has(kind) ? 'grave' : ''}`} data-testid="warning" data-kind={kind}>
      <h4>{told.title}</h4>
      <p>{told.what}</p>
      <p>
        <strong>{told.do}</strong>
      </p>
      {children}
    </section>
  );
}

function nameOf(id: string | undefined): string {
  return plan.value.types.find((one) => one.id === id)?.name ?? id ?? '';
}

function itemOf(index: number): PictureItem {
  return { index, label: words.mind.ofType(nameOf(labelAt(index)?.type), allImages()[index]?.path ?? '') };
}

const sized = (size: number): string => size.toLocaleString(undefined, { maximumSignificantDigits: 3 });

function toldOf(warning: TeachingWarning, now: Tested): Told {
  const { mind } = words;
  const places = (lessons: readonly number[]): Pick<Told, 'pictures' | 'more'> => ({ pictures: lessons.slice(0, mostShown).map((lesson) => indexOf(now, lesson)), more: lessons.length - mostShown });
  switch (warning.kind) {
    case 'few': return { title: mind.few.title(nameOf(warning.type), warning.cells), what: mind.few.what, do: mind.few.do };
    case 'uneven': return { title: mind.uneven.title, what: mind.uneven.what(nameOf(warning.most), warning.mostCells, nameOf(warning.least), warning.leastCells), do: mind.uneven.do(nameOf(warning.least)) };
    case 'own_source': return { title: mind.own_source.title[warning.of], what: mind.own_source.what, do: mind.own_source.do };
    case 'background': return { title: mind.background.title, what: mind.background.what(warning.background, warning.cells), do: mind.background.do };
    case 'two_labels': return { title: mind.two_labels.title(warning.pairs.length), what: mind.two_labels.what, do: mind.two_labels.do, ...places(warning.pairs.flat()) };
    case 'copies': return { title: mind.copies.title(warning.pairs.length), what: mind.copies.what, do: mind.copies.do, ...places(warning.pairs.flat()) };
    case 'alike_types': return { title: mind.alike_types.title(nameOf(warning.one), nameOf(warning.other)), what: mind.alike_types.what(warning.wrong), do: mind.alike_types.do, ...places(confused(now, warning.one, warning.other)) };
    case 'outliers': return { title: mind.outliers.title(warning.lessons.length), what: mind.outliers.what, do: mind.outliers.do, ...places(warning.lessons) };
    case 'sizes': return { title: mind.sizes.title, what: mind.sizes.what(warning.unit, nameOf(warning.most), sized(warning.mostSize), nameOf(warning.least), sized(warning.leastSize)), do: mind.sizes.do };
    case 'no_groups': return { title: mind.no_groups.title, what: mind.no_groups.what, do: mind.no_groups.do };
  }
}

/** Lessons of either type that were taken for the other. */
function confused({ found }: Tested, one: string, other: string): number[] {
  return found.doubtful.filter(({ lesson, likelier }) => { const own = found.lessons[lesson]?.type; return (own === one && likelier === other) || (own === other && likelier === one); }).map(({ lesson }) => lesson);
}
