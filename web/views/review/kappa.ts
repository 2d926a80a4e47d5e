/** Agreement of two readers, by the core; loaded where there are two. */
import { type Kappa, Measurer } from '../../../src/js/index.ts';

/** Args: matrix: as `agreementMatrix` gives it. */
export async function kappaOf(matrix: Float64Array): Promise<Kappa | null> {
  const measurer = await Measurer.open({ home: new URL('./', document.baseURI) });
  try {
    return await measurer.kappa(matrix);
  } finally {
    await measurer.close();
  }
}
