/** Files by which a person brings a model or a network. */
import { signal } from '@preact/signals';
import { isZarrArchive } from '../../src/js/index.ts';
import type { Found } from '../state/found_files.ts';

/** What is wrong with the one that was brought last, while the list of models is open. */
export const addTrouble = signal('');

/** What the picker of models offers: a model's zip, or a network with what lies beside it. */
export const modelKinds = '.zip,.onnx,.json,.txt';

const isModel = (path: string): boolean => !isZarrArchive(path) && /\.(zip|onnx|h5|keras|hdf5|pt|pth|ckpt|tflite)$/i.test(path);
/** TensorFlow.js writes two files. */
const isOfTensorFlow = (paths: readonly string[]): boolean => paths.some((path) => /(^|\/)model\.json$/i.test(path)) && paths.some((path) => /\.bin$/i.test(path));
const isPicture = (path: string): boolean => /\.(png|jpe?g|tiff?|bmp)$/i.test(path);

/** Whether a model is meant: pictures may lie in a model's own folder, and elsewhere mean that pictures are. */
export function bringsModel({ files, documents }: Found): boolean {
  const paths = [...files, ...documents].map(({ path }) => path);
  return (paths.some(isModel) || isOfTensorFlow(paths)) && (paths.some((path) => /(^|\/)spec\.json$/.test(path)) || !paths.some(isPicture));
}
