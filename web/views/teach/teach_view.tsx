/** Teaching types of one's own: trays of pictures, how good it is, and what it makes of the rest. */
import { ClassMark } from '../../parts/class_mark.tsx';
import { mode } from '../../state/mode.ts';
import { plan } from '../../state/teaching.ts';
import { StepButtons } from '../review/step_buttons.tsx';
import { AwayFiles } from '../project/project_chip.tsx';
import { actOfKey, choose, chosen, teach } from './chosen.ts';
import { Doubtful } from './doubtful.tsx';
import { Others } from './others.tsx';
import { Setup } from './setup.tsx';
import { Trays } from './trays.tsx';
import { Verdict } from './verdict.tsx';
import { words } from './words.ts';
import './teach.css';

export function TeachView() {
  return (
    <div class="teach" data-testid="teach" onKeyDown={onKeyDown}>
      <header class="teach-head">
        <div>
          <h1>{words.heading}</h1>
          <p class="muted">{mode.value === 'fields' ? words.introFrames : words.intro}</p>
        </div>
        <StepButtons />
      </header>
      <Setup />
      <AwayFiles />
      <div class="teach-grid">
        <Trays />
        <Verdict />
        <div class="teach-below">
          <Doubtful />
          <Others />
        </div>
      </div>
      <ChosenBar />
    </div>
  );
}

function onKeyDown(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (target.matches('input, select, textarea') || event.ctrlKey || event.metaKey || event.altKey) return;
  const pick = target.closest<HTMLElement>('.pick');
  const act = actOfKey(event.key, pick ? Number(pick.dataset['index']) : null);
  if (!act) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}

/** What becomes of the pictures that are chosen. */
function ChosenBar() {
  const count = chosen.value.size;
  if (count === 0) return null;
  return (
    <section class="chosen-bar" aria-label={words.chosen.region(count)} data-testid="chosen-bar" data-count={count}>
      <strong aria-live="polite">{words.chosen.title(count)}</strong>
      <div class="answers">
        {plan.value.types.map(({ id, name, letter }, i) => (
          <button key={id} type="button" data-testid="teach-as" data-type={id} aria-keyshortcuts={i < 9 ? String(i + 1) : undefined} onClick={() => teach(id)}>
            <ClassMark index={i} letter={letter} /> {name} {i < 9 && <kbd aria-hidden="true">{i + 1}</kbd>}
          </button>
        ))}
        <button type="button" data-testid="teach-none" aria-keyshortcuts="0" onClick={() => teach(null)}>
          {words.chosen.out} <kbd aria-hidden="true">0</kbd>
        </button>
        <button type="button" class="link" onClick={() => choose([])}>
          {words.chosen.none}
        </button>
      </div>
    </section>
  );
}
