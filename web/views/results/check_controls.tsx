/** What is checked of every cell beside its type: turned pictures, and another model of the same types where there is one. */
import type { CheckedColumns } from '../../../src/js/index.ts';
import { cells } from '../../state/images.ts';
import { compareWith, setCheckTurns } from '../../state/model_choice.ts';
import { checkTurns, comparable, secondName, secondSpec } from '../../state/models.ts';

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

/** Columns of an export for what was checked of any cell. */
export function checkedColumns(): CheckedColumns {
  const second = secondSpec.value;
  return { checks: { turns: cells.value.some(({ turns }) => turns !== undefined), map: false }, ...(second && { secondModel: second }) };
}
