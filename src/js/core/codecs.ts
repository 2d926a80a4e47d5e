/** Codecs that few files need, by the names that the further readers ask for them by: each is a module of its own, loaded when the first such file comes. */
import type { Codec } from '#cytodrop_jxl';

interface CodecModule {
  /** Of its WebAssembly, beside the library. */
  file: string;
  load(): Promise<{ default: (options: { wasmBinary: Uint8Array }) => Promise<Codec> }>;
}

const codecs: Record<string, CodecModule> = {
  jpeg_xl: { file: 'cytodrop_jxl.wasm', load: () => import('#cytodrop_jxl') },
};

/**
 * Args:
 *   name: as the message of `needs_codec` has it.
 *   read: gives a file that lies beside the library.
 * Raises: Error where it cannot be loaded.
 */
export async function openCodec(name: string, read: (file: string) => Promise<Uint8Array>): Promise<Codec> {
  const codec = codecs[name];
  if (!codec) throw new Error(`no codec of the name ${name}`);
  const [{ default: create }, wasmBinary] = await Promise.all([codec.load(), read(codec.file)]);
  return create({ wasmBinary });
}
