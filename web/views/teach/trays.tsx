/** A tray for each type, and where more come from. */
import { useState } from 'preact/hooks';
import type { ModelClass } from '../../../src/js/index.ts';
import { ClassMark } from '../../parts/class_mark.tsx';
import { openFilePicker, openFolderPicker } from '../../parts/file_inputs.tsx';
import { collectDropped, collectPicked } from '../../state/found_files.ts';
import { mode } from '../../state/mode.ts';
import { spec } from '../../state/models.ts';
import { reviewRevision } from '../../state/review_store.ts';
import { labelRevision, plan, trays } from '../../state/teaching.ts';
import { pathOf } from '../../state/teaching_items.ts';
import { addType, answersToTeach, inFolders, isOfBase, labelFolders, removeType, renameType, selectInFrames, teachAnswers, teachFiles } from '../../state/teaching_steps.ts';
import { isSheet } from '../../state/view.ts';
import { looked, unreadable } from '../../state/teaching_work.ts';
import { Pictures } from './pictures.tsx';
import { words } from './words.ts';

/** px. */
const thumbnail = 56;
/** Without a wish for all; of many types fewer, so that the rest of the view is near. */
const mostOf = (types: number): number => (isSheet.value ? 15 : types > 4 ? 8 : 16);

export function Trays() {
  const { types } = plan.value;
  const isFirst = types.length === 0;
  return (
    <section class="teach-types" aria-labelledby="teach-types">
      <h2 id="teach-types">{words.types.title}</h2>
      <div class={`trays ${isFirst ? 'first' : ''}`}>
        {types.map((type, i) => (
          <Tray key={type.id} type={type} place={i} indices={trays.value.get(type.id) ?? []} />
        ))}
        <DropTray isFirst={isFirst} />
      </div>
      <FromElsewhere />
      <Unreadable />
    </section>
  );
}

function Tray({ type: { id, name, letter }, place, indices }: { type: ModelClass; place: number; indices: readonly number[] }) {
  const [isWhole, setWhole] = useState(false);
  const [isAsked, setAsked] = useState(false);
  const [isOver, setOver] = useState(false);
  const isKept = isOfBase(id);
  const inFrames = mode.value === 'fields';
  const mostShown = mostOf(plan.value.types.length);
  const more = indices.length - mostShown;
  const shown = isWhole || more <= 3 ? indices : indices.slice(0, mostShown);
  const take = (event: Event & { currentTarget: HTMLInputElement }): void => {
    void collectPicked(event.currentTarget.files ?? []).then((found) => teachFiles(found, id));
    event.currentTarget.value = '';
  };
  return (
    <section
      class={`tray ${isOver ? 'over' : ''}`} aria-label={name} data-testid="tray" data-type={id} data-count={indices.length}
      onDragOver={() => setOver(true)} onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        setOver(false);
        if (!event.dataTransfer?.types.includes('Files')) return;
        event.preventDefault();
        void collectDropped(event.dataTransfer).then((found) => teachFiles(found, id));
      }}
    >
      <header>
        <ClassMark index={place} letter={letter} />
        <input
          type="text" class="type-name" data-testid="type-name" aria-label={words.types.name(name)} value={name} maxLength={60} spellcheck={false} autocomplete="off"
          onChange={(event) => { renameType(id, event.currentTarget.value); event.currentTarget.value = plan.value.types.find((one) => one.id === id)?.name ?? event.currentTarget.value; }}
          onKeyDown={(event) => { if (event.key === 'Enter') event.currentTarget.blur(); }}
        />
        <span class="small muted number">{words.types.count(indices.length)}</span>
      </header>
      {shown.length > 0 ? (
        <Pictures items={shown.map((index) => ({ index, label: words.types.one(pathOf(index), name) }))} sidePx={thumbnail} label={name} />
      ) : (
        <p class="small muted">{isKept ? words.types.emptyKept : inFrames ? words.types.emptyInFrames : words.types.empty}</p>
      )}
      {isAsked ? (
        <p class="tray-actions small">
          <span class="warning">{words.types.sure(indices.length)}</span>
          <button type="button" class="main" data-testid="delete-type-yes" ref={(button) => button?.focus()} onClick={() => removeType(id)}>
            {words.types.yes}
          </button>
          <button type="button" onClick={() => setAsked(false)}>
            {words.types.no}
          </button>
        </p>
      ) : (
        <p class="tray-actions small">
          {more > 3 && (
            <button type="button" class="link" onClick={() => setWhole(!isWhole)}>
              {isWhole ? words.types.showFew : words.types.showAll(more)}
            </button>
          )}
          <span class="spacer" />
          {!inFrames && (
            <label class="link">
              <input type="file" class="visually-hidden" multiple accept="image/png,image/jpeg,image/tiff,image/bmp,.tif,.tiff" data-testid="tray-files" aria-label={words.types.addPicturesTo(name)} onChange={take} />
              {words.types.addPictures}
            </label>
          )}
          {!isKept && (
            <button type="button" class="link" data-testid="delete-type" aria-label={words.types.removeType(name)} onClick={() => (indices.length === 0 ? removeType(id) : setAsked(true))}>
              {words.types.remove}
            </button>
          )}
        </p>
      )}
    </section>
  );
}

function DropTray({ isFirst }: { isFirst: boolean }) {
  const add = (): void => {
    const id = addType('');
    if (id === null) return;
    requestAnimationFrame(() => {
      const input = document.querySelector<HTMLInputElement>(`.tray[data-type="${CSS.escape(id)}"] .type-name`);
      input?.focus();
      input?.select();
    });
  };
  const addButton = (
    <button type="button" data-testid="add-type" onClick={add}>
      {words.types.add}
    </button>
  );
  if (mode.value === 'fields') {
    return (
      <div class="tray drop-tray" data-testid="drop-tray">
        <p class="small muted">{words.types.selectInFrames}</p>
        <p class="drop-actions">
          <button type="button" class={isFirst ? 'main' : ''} data-testid="to-frames" onClick={selectInFrames}>
            {words.types.toFrames}
          </button>
          {addButton}
        </p>
      </div>
    );
  }
  return (
    <div class="tray drop-tray" data-testid="drop-tray">
      <p>
        <strong class="not-touch">{isFirst ? words.types.dropFirst : words.types.drop}</strong>
      </p>
      <p class="small muted not-touch">{words.types.dropMore}</p>
      <p class="drop-actions">
        <button type="button" class={isFirst ? 'main' : ''} data-testid="teach-folder" onClick={openFolderPicker}>
          {words.types.chooseFolder}
        </button>
        <button type="button" data-testid="teach-files" onClick={openFilePicker}>
          {words.types.choosePictures}
        </button>
        {addButton}
      </p>
    </div>
  );
}

/** Labels that the page knows of already. */
function FromElsewhere() {
  labelRevision.value;
  reviewRevision.value;
  const [folders, answers] = [inFolders(), answersToTeach()];
  const classes = spec.value?.classes ?? [];
  if (folders.length === 0 && answers.length === 0) return null;
  return (
    <p class="teach-more">
      {folders.length > 0 && (
        <button type="button" data-testid="take-folders" onClick={() => labelFolders(folders)}>
          {words.types.fromFolders(folders.length)}
        </button>
      )}
      {answers.length > 0 && (
        <button type="button" data-testid="take-answers" onClick={() => teachAnswers(classes)}>
          {words.types.fromAnswers(answers.length)}
        </button>
      )}
    </p>
  );
}

function Unreadable() {
  looked.value;
  const failed = unreadable.value;
  if (failed.length === 0) return null;
  return (
    <details class="small" data-testid="teach-unread">
      <summary class="warning">{words.types.unreadable(failed.length)}</summary>
      <ul>
        {failed.map(({ index, path, why }) => (
          <li key={index}>{words.types.unread(path, why)}</li>
        ))}
      </ul>
    </details>
  );
}
