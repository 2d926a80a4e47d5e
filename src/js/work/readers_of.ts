/** The further readers that lie beside the library. */
import { platform } from '#platform';
import { FurtherReaders } from '../core/further_readers.ts';

/** Args: home: folder of the library's files. */
export function readersOf(home: URL): FurtherReaders {
  return new FurtherReaders(async () => {
    const [{ Readers }, wasm] = await Promise.all([import('../core/readers.ts'), platform.read(new URL('cytodrop_formats.wasm', home))]);
    return Readers.open(wasm);
  });
}
