/** Chosen cells are taught as a type. */
import { spec } from '../../state/models.ts';
import { notice } from '../../state/notice.ts';
import { select, selected } from '../../state/reviewing.ts';
import { plan } from '../../state/teaching.ts';
import { addType, label, openTeaching } from '../../state/teaching_steps.ts';
import { words } from './words.ts';

/** What the list gives for a type that is not there yet. */
const fresh = '+';

export function TeachAs() {
  const { types } = plan.value;
  const more = (spec.value?.classes ?? []).filter(({ name }) => !types.some((one) => one.name.toLowerCase() === name.toLowerCase()));
  const teach = (chosen: string): void => {
    const about = [...selected.value];
    const name = chosen.startsWith(fresh) ? chosen.slice(1) : '';
    const type = chosen.startsWith(fresh) ? addType(name) : chosen;
    if (type === null) return;
    label(about, type);
    select([]);
    notice.value = {
      words: words.taught(about.length, plan.value.types.find(({ id }) => id === type)?.name ?? ''),
      action: { words: words.openTeach, act: () => { notice.value = null; openTeaching(); } },
    };
  };
  return (
    <label class="field">
      {words.teachAs}
      <select data-testid="teach-selected" value="" disabled={selected.value.size === 0} onChange={(event) => { if (event.currentTarget.value !== '') teach(event.currentTarget.value); }}>
        <option value="">{words.teachAsWhat}</option>
        {types.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
        {more.map(({ id, name }) => (
          <option key={`${fresh}${id}`} value={`${fresh}${name}`}>
            {name}
          </option>
        ))}
        <option value={fresh}>{words.teachAsNew}</option>
      </select>
    </label>
  );
}
