/** Projects kept on this computer: open, rename, duplicate, forget. */
import { useEffect, useState } from 'preact/hooks';
import type { ProjectHead } from '../../../src/js/index.ts';
import { forget, openKept } from '../../state/opening.ts';
import { duplicateProject, keepNothing, kept, listKept, persist, project, renameProject, room, storing } from '../../state/projects.ts';
import { openProjectPicker } from '../../parts/file_inputs.tsx';
import { words } from './words.ts';

export function ProjectList({ onOpen = () => {} }: { onOpen?: () => void }) {
  useEffect(() => void listKept(), [project.value]);
  const all = kept.value;
  return (
    <section class="project-list" aria-labelledby="project-list-title" data-testid="project-list" data-storing={storing.value}>
      <h2 id="project-list-title">{words.list}</h2>
      {all.length > 0 ? (
        <ul>
          {all.map((head) => (
            <ProjectEntry key={head.id} head={head} onOpen={onOpen} />
          ))}
        </ul>
      ) : (
        <p class="small muted">{storing.value === 'denied' ? words.states.denied : words.none}</p>
      )}
      <p class="project-room small">
        <button type="button" class="link" data-testid="open-project-file" onClick={openProjectPicker}>
          {words.openFile}
        </button>
        <label class="check" title={words.keepNothingHint}>
          <input type="checkbox" data-testid="keep-nothing" checked={storing.value === 'off'} onChange={(event) => void keepNothing(event.currentTarget.checked)} />
          {words.keepNothing}
        </label>
        {room.value && all.length > 0 && <span class="muted" data-testid="room">{words.room(room.value.usedBytes, room.value.mostBytes)}</span>}
        {room.value && all.length > 0 &&
          (room.value.persisted ? (
            <span class="muted">{words.persisted}</span>
          ) : (
            <button type="button" class="link" onClick={() => void persist()}>
              {words.persist}
            </button>
          ))}
      </p>
      {storing.value === 'off' && <p class="small muted">{words.keepNothingHint}</p>}
    </section>
  );
}

function ProjectEntry({ head, onOpen }: { head: ProjectHead; onOpen: () => void }) {
  const [asked, setAsked] = useState<'rename' | 'forget' | null>(null);
  const [name, setName] = useState(head.name);
  const isOpen = project.value?.id === head.id;
  const { images, cells, reviewed } = head.counts;
  const open = (): void => {
    void openKept(head.id);
    onOpen();
  };
  // The dialog around it would close too.
  const leave = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    setAsked(null);
  };
  const rename = (event: Event): void => {
    event.preventDefault();
    setAsked(null);
    void renameProject(head.id, name);
  };
  return (
    <li class="project-entry" data-testid="project-entry" data-project={head.id}>
      <div class="project-name">
        {asked === 'rename' ? (
          <form onSubmit={rename}>
            <label class="field">
              <span class="visually-hidden">{words.newName}</span>
              <input type="text" data-testid="project-name" maxLength={80} value={name} onKeyDown={leave} ref={(input) => input?.focus()} onInput={(event) => setName(event.currentTarget.value)} />
            </label>
            <button type="submit" class="main" data-testid="save-name">
              {words.save}
            </button>
          </form>
        ) : (
          <strong>{head.name}</strong>
        )}
        <span class="small muted">
          {words.counts(images, cells, reviewed)}; {words.when(head.changedAtMs)}
        </span>
      </div>
      {asked === 'forget' ? (
        <p class="project-actions">
          <span class="warning">{words.forgetSure(head.name)}</span>
          <button type="button" class="main" data-testid="forget-yes" ref={(button) => button?.focus()} onClick={() => void forget(head.id)}>
            {words.yes}
          </button>
          <button type="button" onClick={() => setAsked(null)}>
            {words.no}
          </button>
        </p>
      ) : (
        <p class="project-actions">
          {isOpen ? (
            <span class="small">{words.isOpen}</span>
          ) : (
            <button type="button" class="main" data-testid="open-project" onClick={open}>
              {words.open}
            </button>
          )}
          <button type="button" data-testid="rename-project" onClick={() => setAsked(asked === 'rename' ? null : 'rename')}>
            {words.rename}
          </button>
          <button type="button" data-testid="duplicate-project" onClick={() => void duplicateProject(head)}>
            {words.duplicate}
          </button>
          <button type="button" data-testid="forget-project" onClick={() => setAsked('forget')}>
            {words.forget}
          </button>
        </p>
      )}
    </li>
  );
}
