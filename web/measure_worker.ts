/** Measures beside the page: a bootstrap of thousands of cells would stop its scrolling. */
import { Measurer } from '../src/js/index.ts';
import type { Asked } from './state/measuring.ts';

addEventListener('message', ({ data }: MessageEvent<Asked>) => {
  void answer(data).then(
    (found) => postMessage(found),
    (error: unknown) => postMessage({ message: error instanceof Error ? error.message : String(error) }),
  );
});

async function answer({ home, cells, second, shares }: Asked) {
  const measurer = await Measurer.open({ home: new URL(home) });
  try {
    return { measurement: await measurer.measure(cells), comparison: second && (await measurer.compare(cells, second)), shares: shares && (await measurer.typeShares({ ...shares, sample: cells })) };
  } finally {
    await measurer.close();
  }
}
