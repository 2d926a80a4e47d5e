import { Choice } from '../../parts/choice.tsx';
import { openDialog } from '../../parts/dialog.tsx';
import { ModelChip } from '../../parts/model_chip.tsx';
import { progress } from '../../state/images.ts';
import { isLive } from '../../state/live.ts';
import { isTeaching } from '../../state/teaching.ts';
import { closeTeaching, openTeaching } from '../../state/teaching_steps.ts';
import { theme, type Theme } from '../../state/view.ts';
import { ProjectChip } from '../project/project_chip.tsx';
import { words } from './words.ts';

const themes: readonly Theme[] = ['system', 'light', 'dark'];

export function Header({ inert }: { inert: boolean }) {
  return (
    <header class="page-header" inert={inert}>
      <p class="wordmark">
        <img src="icons/cytodrop.svg" alt="" width="24" height="24" />
        {words.header.name}
      </p>
      <Choice<'look' | 'teach'> name="task" label={words.header.task} value={isTeaching.value ? 'teach' : 'look'} words={words.header.tasks} onChoose={(task) => (task === 'teach' ? openTeaching : closeTeaching)()} />
      {(progress.value.total > 0 || isLive.value) && !isTeaching.value && <ModelChip />}
      {progress.value.total > 0 && <ProjectChip />}
      <span class="spacer" />
      <label class="theme small">
        {words.header.theme}
        <select value={theme.value} onChange={(event) => (theme.value = event.currentTarget.value as Theme)}>
          {themes.map((value) => (
            <option key={value} value={value}>
              {words.header.themes[value]}
            </option>
          ))}
        </select>
      </label>
      <button type="button" class="quiet keys-button" aria-keyshortcuts="?" onClick={() => openDialog('keys')}>
        {words.header.keys}
      </button>
    </header>
  );
}
