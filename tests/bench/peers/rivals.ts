/** Who is measured, and what each needs beside its page. */
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { compressAll } from '../../../scripts/compress.ts';
import { bytesOf, jsonOf, model } from '../../border/fixtures.ts';
import { defaultSearch } from '../../../src/js/frames/search.ts';
import { readModel } from '../../../src/js/model/model_files.ts';
import { buildPage, path } from '../site.ts';
import { type Contestant, InChromium, InNode } from './contestant.ts';
import { paperNetworks, tensorFlowFiles, transformersFolder } from './forms.ts';
import { layersOf } from './layers.ts';
import { tfliteOf } from './tflite.ts';

export const here = path('tests/bench/peers');
const installed = (file: string): string => join(here, 'node_modules', file);
const versionOf = (name: string): string => jsonOf<{ version: string }>(`tests/bench/peers/node_modules/${name}/package.json`).version;

/** Larger files are weights made at random or the runtimes of rivals that nobody would compress anew in a benchmark. */
const mostCompressed = 40_000_000;

/**
 * `answers`: ours are what the others are compared with; `none`: random weights, timing only.
 * `open`: builds and starts it.
 */
export interface Rival { title: string; where: 'Chromium' | 'Node'; answers: 'ours' | 'compared' | 'none'; note: string; open(): Promise<Contestant> }

type Files = Record<string, Uint8Array | string>;

/** The image files beside each page: the first one once more, under the name that `serve` looks for. */
function beside(paths: readonly string[]): { files: Files; names: string[] } {
  const names = paths.map((each, i) => `images/${i}${extname(each)}`);
  return { names, files: { first: paths[0] ?? '', ...Object.fromEntries(names.map((name, i) => [name, paths[i] ?? ''])) } };
}

function inChromium(title: string, answers: Rival['answers'], note: string, script: string, paths: readonly string[], files: () => Files): Rival {
  return {
    title, where: 'Chromium', answers, note,
    open: async () => {
      const { names, files: images } = beside(paths);
      const built = await buildPage({ script: `peers/pages/${script}`, files: { ...images, ...files() } });
      // One script may serve several rivals.
      const folder = path(`build/bench/peers/sites/${title.replaceAll(/\W+/g, '-')}`);
      rmSync(folder, { recursive: true, force: true });
      cpSync(built, folder, { recursive: true });
      compressAll(folder, mostCompressed);
      return await InChromium.open(folder, names);
    },
  };
}

/**
 * Everybody who names cells.
 *
 * Args:
 *   images: paths; all about as large as the first.
 *   image_px: their shorter side.
 */
export async function namingRivals(images: readonly string[], image_px: number): Promise<Rival[]> {
  const files = await readModel((file) => Promise.resolve(bytesOf(`${model}/${file}`)));
  const layered = layersOf(files);
  const classes = files.spec.classes.map(({ id }) => id);
  const [spec, head] = [bytesOf(`${model}/spec.json`), bytesOf(`${model}/${files.spec.head.file}`)];
  const transformers = transformersFolder(files, layered.dense, image_px);
  const folder = path('build/bench/peers/node');
  const put = (name: string, content: Uint8Array): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  };
  put('spec.json', spec);
  put('classifier.onnx', transformers['onnx/model.onnx'] ?? new Uint8Array());
  for (const [name, content] of Object.entries(transformers)) put(`models/blood-smear/${name}`, content);
  const inNode = (title: string, answers: Rival['answers'], note: string, name: string): Rival => ({ title, where: 'Node', answers, note, open: () => InNode.open(name, folder, images) });
  const web = jsonOf<{ version: string }>('node_modules/onnxruntime-web/package.json').version;
  const runtime = installed('onnxruntime-web/dist');
  return [
    inChromium('Cytodrop', 'ours', 'its pipeline, with image quality, novelty and a sum of the pixels', 'cytodrop', images, () => ({ model: path(model) })),
    inChromium(`canvas and onnxruntime-web ${web}`, 'compared', 'as a web developer would write it', 'canvas', images, () => ({ 'spec.json': spec, 'head.safetensors': head, 'network.onnx': files.network })),
    inChromium(`transformers.js ${versionOf('@huggingface/transformers')}`, 'compared', `onnxruntime-web ${versionOf('onnxruntime-web')}, the build that it loads by itself`, 'transformers', images, () => ({
      ...Object.fromEntries(Object.entries(transformers).map(([name, content]) => [`models/blood-smear/${name}`, content])),
      ...Object.fromEntries(['mjs', 'wasm'].map((ending) => `ort-wasm-simd-threaded.asyncify.${ending}`).map((name) => [`runtime/${name}`, join(runtime, name)])),
    })),
    inChromium(`TensorFlow.js ${versionOf('@tensorflow/tfjs-core')}, WASM`, 'compared', 'our weights in its layers, bias and ReLU6 fused', 'tensorflow', images, () => ({
      'spec.json': spec, ...tensorFlowFiles(layered, classes),
      ...Object.fromEntries(['tfjs-backend-wasm-simd.wasm', 'tfjs-backend-wasm.wasm'].map((name) => [`tensorflow/${name}`, installed(`@tensorflow/tfjs-backend-wasm/dist/${name}`)])),
    })),
    inChromium(`LiteRT.js ${versionOf('@litertjs/core')}, WASM`, 'compared', 'our weights, written as .tflite here', 'litert', images, () => ({
      'spec.json': spec, 'network.tflite': tfliteOf(layered), litert: installed('@litertjs/core/wasm'),
    })),
    ...paperNetworks().map(({ title, file, channels }) => inChromium(`${title} at 224 px, canvas and onnxruntime-web ${web}`, 'none', 'the paper\'s network, random weights', 'canvas', images, () => {
      const { input, network } = files.spec;
      const other = { ...files.spec, input: { ...input, width_px: 224, height_px: 224 }, network: { ...network, input: 'x', output: 'y', features: { channels, height: 7, width: 7 } } };
      return { 'spec.json': new TextEncoder().encode(JSON.stringify(other)), 'head.safetensors': head, 'network.onnx': file };
    })),
    inNode('Cytodrop', 'compared', 'its pipeline, from the sources', 'cytodrop'),
    inNode(`sharp ${versionOf('sharp')} and onnxruntime-node ${versionOf('onnxruntime-node')}`, 'compared', 'native code', 'onnxruntime'),
    inNode(`transformers.js ${versionOf('@huggingface/transformers')}`, 'compared', 'onnxruntime-node and sharp below it', 'transformers'),
  ];
}

/** As scripts/score_detection.py searches these frames. */
const search = { ...defaultSearch, pixel_size_um: 1.25, least_diameter: 12, most_diameter: 60 };

/** Everybody who finds cells in frames. */
export function findingRivals(frames: readonly string[]): Rival[] {
  const settings = (method: string): Uint8Array => new TextEncoder().encode(JSON.stringify({ ...search, method }));
  const ours = (title: string, method: string, files: Files): Rival => inChromium(title, 'ours', '', 'search', frames, () => ({ 'search.json': settings(method), ...files }));
  return [
    ours('Cytodrop, by its network', 'network_adherent', { detector: path('models/adherent') }),
    ours('Cytodrop, without a network', 'adherent', { 'detector/spec.json': new Uint8Array(), 'detector/network.onnx': new Uint8Array() }),
    inChromium(`OpenCV.js ${versionOf('@techstark/opencv-js')}`, 'none', 'threshold, distance, watershed', 'opencv', frames, () => ({ 'search.json': settings('adherent'), 'opencv.js': installed('@techstark/opencv-js/dist/opencv.js') })),
  ];
}

/** What a page and a Node take by themselves. */
export function baselines(images: readonly string[]): Rival[] {
  return [
    inChromium('nothing', 'none', '', 'nothing', images, () => ({})),
    { title: 'nothing', where: 'Node', answers: 'none', note: '', open: () => InNode.open('nothing', '', images) },
  ];
}

/** Every rival is there, in the version that package.json names. */
export function areInstalled(): boolean {
  const { dependencies } = jsonOf<{ dependencies: Record<string, string> }>('tests/bench/peers/package.json');
  return Object.entries(dependencies).every(([name, version]) => existsSync(installed(`${name}/package.json`)) && versionOf(name) === version);
}
