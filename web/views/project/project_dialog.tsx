/** The open project: its name, its file, and all that are kept. */
import { useState } from 'preact/hooks';
import { closeDialog, Dialog } from '../../parts/dialog.tsx';
import { formatBytes } from '../../parts/words.ts';
import { clear } from '../../state/adding.ts';
import { allImages, files, sizeOf } from '../../state/images.ts';
import { messageOf } from '../../state/notice.ts';
import { saveProject } from '../../state/project_file.ts';
import { project, storing } from '../../state/projects.ts';
import { resetView } from '../../state/view.ts';
import { ProjectList } from './project_list.tsx';
import { words } from './words.ts';

export function ProjectDialog() {
  const [saving, setSaving] = useState<string | null>(null);
  const [trouble, setTrouble] = useState('');
  const something = files.value.length > 0;
  const bytes = allImages().reduce((sum, image) => sum + (image.file ? sizeOf(image) : 0), 0);
  const save = async (withImages: boolean): Promise<void> => {
    setTrouble('');
    setSaving(words.saving(0, files.value.length));
    try {
      await saveProject(withImages, (done, of) => setSaving(words.saving(done, of)));
      closeDialog();
    } catch (error) {
      setTrouble(messageOf(error));
    }
    setSaving(null);
  };
  const close = (): void => {
    clear();
    resetView();
    closeDialog();
  };
  return (
    <Dialog name="project" title={words.title}>
      {something ? (
        <>
          <p>
            <strong>{project.value?.name ?? words.project}</strong>
            {words.states[storing.value] && `, ${words.states[storing.value]}`}.
          </p>
          <h3>{words.file}</h3>
          <p class="small muted">{words.fileHint}</p>
          <p class="project-actions">
            <button type="button" class="main" data-testid="save-project-with" disabled={saving !== null} onClick={() => void save(true)}>
              {words.saveWith(formatBytes(bytes))}
            </button>
            <button type="button" data-testid="save-project-without" disabled={saving !== null} onClick={() => void save(false)}>
              {words.saveWithout}
            </button>
            {saving && <span class="small" role="status">{saving}</span>}
            <button type="button" data-testid="close-project" title={words.closeHint} onClick={close}>
              {words.close}
            </button>
          </p>
          {trouble && <p class="warning" role="alert">{trouble}</p>}
        </>
      ) : (
        <p>{words.noProject}</p>
      )}
      <ProjectList onOpen={closeDialog} />
    </Dialog>
  );
}
