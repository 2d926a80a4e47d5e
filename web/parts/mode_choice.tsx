/** What an image is: one cell, or a whole field of view. */
import { chooseMode } from '../state/adding.ts';
import { mode, type Mode } from '../state/frame_store.ts';
import { cells } from '../state/images.ts';
import { spec } from '../state/models.ts';
import { Choice } from './choice.tsx';
import { words } from './words.ts';

export function ModeChoice() {
  return <Choice<Mode> name="mode" label={words.mode.label} value={mode.value} words={words.mode.values} onChoose={chooseMode} />;
}

/** An image of so many times the area that the model looks at is more than one cell. */
const muchLarger = 9;

/** Says so where images look like whole fields; the choice stays with the person. */
export function FieldsHint() {
  const model = spec.value;
  if (mode.value === 'fields' || model?.frame === undefined) return null;
  const { side_px } = model.frame;
  const large = cells.value.filter(({ image }) => image.width_px * image.height_px > muchLarger * side_px * side_px).length;
  if (large === 0) return null;
  return (
    <p class="fields-hint small" data-testid="fields-hint">
      {words.mode.muchLarger(large)}{' '}
      <button type="button" class="link" onClick={() => chooseMode('fields')}>
        {words.mode.findCells}
      </button>
    </p>
  );
}
