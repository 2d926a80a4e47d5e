/** What is checked of every cell beside its type: turned pictures, and another model of the same types where there is one. */
import { compareWith, setCheckTurns } from '../../state/model_choice.ts';
import { checkTurns, comparable, secondName } from '../../state/models.ts';
import { words } from './words.tsx';

export function CheckControls() {
  const others = comparable.value;
  return (
    <>
      <label class="check small" title={words.checks.turnsHint}>
        <input type="checkbox" data-testid="check-turns" checked={checkTurns.value} onChange={(event) => setCheckTurns(event.currentTarget.checked)} />
        {words.checks.turns}
      </label>
      {others.length > 0 && (
        <label class="field">
          {words.checks.compareWith}
          <select data-testid="second-model" value={secondName.value ?? ''} onChange={(event) => compareWith(event.currentTarget.value || null)}>
            <option value="">{words.checks.noOther}</option>
            {others.map(({ name, spec }) => (
              <option key={name} value={name}>
                {spec.title}
              </option>
            ))}
          </select>
        </label>
      )}
    </>
  );
}
