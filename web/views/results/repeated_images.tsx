/** Says that images came twice, since each would count twice. */
import { leaveOutRepeated, repeated, takeRepeated } from '../../state/repeated.ts';
import { words } from './words.tsx';

export function RepeatedImages() {
  const count = repeated.value.length;
  if (count === 0) return null;
  return (
    <p class="fields-hint small" data-testid="repeated" data-count={count}>
      {words.repeated.here(count)}{' '}
      <button type="button" class="link" data-testid="leave-out-repeated" onClick={leaveOutRepeated}>
        {words.repeated.leaveOut}
      </button>{' '}
      <button type="button" class="link" data-testid="take-repeated" onClick={takeRepeated}>
        {words.repeated.take}
      </button>
    </p>
  );
}
