/** Measures beside the page: a bootstrap of thousands of cells would stop its scrolling. */
import { type LabelledCells, Measurer } from '../src/js/index.ts';

/** `second`: of another model, on the same cells. */
export interface Asked { home: string; cells: LabelledCells; second: LabelledCells | null }

addEventListener('message', ({ data: { home, cells, second } }: MessageEvent<Asked>) => {
  void answer(home, cells, second).then(
    (found) => postMessage(found),
    (error: unknown) => postMessage({ message: error instanceof Error ? error.message : String(error) }),
  );
});

async function answer(home: string, cells: LabelledCells, second: LabelledCells | null) {
  const measurer = await Measurer.open({ home: new URL(home) });
  try {
    return { measurement: await measurer.measure(cells), comparison: second && (await measurer.compare(cells, second)) };
  } finally {
    await measurer.close();
  }
}
