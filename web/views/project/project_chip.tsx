/** Which project is on the page, and whether it is kept. */
import { openDialog } from '../../parts/dialog.tsx';
import { openFilePicker, openFolderPicker } from '../../parts/file_inputs.tsx';
import { files } from '../../state/images.ts';
import { project, storing } from '../../state/projects.ts';
import { words } from './words.ts';

export function ProjectChip() {
  const state = storing.value;
  return (
    <button type="button" class="quiet project-chip" data-testid="project" data-storing={state} data-id={project.value?.id} aria-haspopup="dialog" onClick={() => openDialog('project')}>
      <span class="project-title">{project.value?.name ?? words.project}</span>
      {words.states[state] !== '' && <span class={`small ${state === 'on' ? 'muted kept' : 'warning'}`}>{words.states[state]}</span>}
    </button>
  );
}

/** Files that a project knows and that are not here. */
export function AwayFiles() {
  const count = files.value.filter(({ away }) => away !== undefined).length;
  if (count === 0) return null;
  return (
    <p class="fields-hint small" data-testid="away" data-count={count}>
      {words.away(count)}{' '}
      <button type="button" class="link" data-testid="show-folder" onClick={openFolderPicker}>
        {words.showAgain}
      </button>{' '}
      <button type="button" class="link" data-testid="show-files" onClick={openFilePicker}>
        {words.showFiles}
      </button>
    </p>
  );
}
