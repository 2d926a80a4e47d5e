/** Which types can occur: a person may know, and the others then have no probability. */
import { ClassMark } from '../../parts/class_mark.tsx';
import { allowTypes } from '../../state/asked.ts';
import { namesCells } from '../../state/frame_store.ts';
import { mode } from '../../state/mode.ts';
import { spec, types } from '../../state/models.ts';
import { words as all } from './words.tsx';

const words = all.types;
/** Of one type alone every cell would be. */
const fewest = 2;

export function TypesChoice() {
  const model = spec.value;
  if (!model || model.classes.length <= fewest || (mode.value === 'fields' && !namesCells.value)) return null;
  const chosen = types.value ?? model.classes.map(({ id }) => id);
  const toggle = (id: string): void => {
    const next = model.classes.map((one) => one.id).filter((one) => (one === id ? !chosen.includes(id) : chosen.includes(one)));
    allowTypes(next.length === model.classes.length ? null : next);
  };
  return (
    <details class="types-choice" data-testid="types-choice" data-types={types.value?.join(' ') ?? 'all'}>
      <summary>{words.summary(chosen.length, model.classes.length)}</summary>
      <p class="small">{words.what}</p>
      <div class="types-list" role="group" aria-label={words.question}>
        {model.classes.map(({ id, name, letter }, index) => (
          <label key={id} class="types-one">
            <input type="checkbox" checked={chosen.includes(id)} disabled={chosen.includes(id) && chosen.length <= fewest} onChange={() => toggle(id)} />
            <ClassMark index={index} letter={letter} />
            {name}
          </label>
        ))}
        {types.value !== null && (
          <button type="button" class="link small" data-testid="types-all" onClick={() => allowTypes(null)}>
            {words.all}
          </button>
        )}
      </div>
    </details>
  );
}
