/** Asks, whenever results have come, what the cells come to as a set. */
import { effect } from '@preact/signals';
import { client } from './client.ts';
import { imageAt, modelCells } from './images.ts';
import { cellSet, modelState, spec } from './models.ts';
import { tiling } from './slides.ts';

/** While results pour in, so often is enough; of many cells less often, since all of them are looked at each time. */
const everyMs = 400;
const msPerCell = 0.1;
/** Times as long while the cells of a slide come in by tens of thousands. */
const whileTiling = 4;

let timer: ReturnType<typeof setTimeout> | undefined;
let asked = 0;

/** Simulated samples say themselves what they are. */
const counted = () => modelCells.value.filter((cell) => !cell.unnamed && cell.deviation.length > 0 && !imageAt(cell.index)?.intended);

effect(() => {
  modelCells.value;
  const rules = spec.value?.novelty?.batch;
  // All that came until then is judged.
  if (rules && modelState.value.phase === 'ready' && timer !== undefined) return;
  const count = counted().length;
  if (!rules || modelState.value.phase !== 'ready' || count < rules.least_cells) {
    asked++;
    if (cellSet.peek() !== null) cellSet.value = null;
    return;
  }
  timer ??= setTimeout(() => void settled(), Math.max(everyMs, msPerCell * count) * (tiling.peek() ? whileTiling : 1));
});

let pending: Promise<void> = Promise.resolve();

/** Resolves when the cells that there are now have been judged as a set, on which their verdicts depend. */
export function settled(): Promise<void> {
  if (timer !== undefined) {
    clearTimeout(timer);
    timer = undefined;
    pending = judge();
  }
  return pending;
}

async function judge(): Promise<void> {
  const turn = ++asked;
  const found = await client.judgeBatch(counted()).catch(() => null);
  const known = cellSet.peek();
  // The threshold follows from it, and the cells from the threshold: the same answer must not start it all again.
  if (turn !== asked || (found?.shift === known?.shift && found?.cells === known?.cells)) return;
  cellSet.value = found;
}
