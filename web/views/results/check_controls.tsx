/** What is checked of every cell beside its type: turned pictures, and another model of the same types where there is one. */
import { compareWith, setCheckTurns } from '../../state/model_choice.ts';
import { checkTurns, comparable, secondName } from '../../state/models.ts';

export function CheckControls() {
  const others = comparable.value;
  return (
    <>
      <label class="check small" title="Classifies every cell in eight ways to lay its picture; takes eight times as long">
        <input type="checkbox" data-testid="check-turns" checked={checkTurns.value} onChange={(event) => setCheckTurns(event.currentTarget.checked)} />
        Check by turning
      </label>
      {others.length > 0 && (
        <label class="field">
          Compare with
          <select data-testid="second-model" value={secondName.value ?? ''} onChange={(event) => compareWith(event.currentTarget.value || null)}>
            <option value="">no other model</option>
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
