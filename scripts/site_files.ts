/** What the service worker may keep: every file that the page can ask for, with its SHA-256. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

export interface SiteFiles {
  /** Path below the site to SHA-256 in hexadecimal: the page, the core, the networks that find cells, every card, and the first model with its samples. */
  atInstall: Record<string, string>;
  /** The runtime, the further readers, the other models and their samples. */
  onDemand: Record<string, string>;
}

const notOfThePage = /^(cytodrop|service_worker)\.|^_headers$|\.(br|gz)$/;

/**
 * Args:
 *   folder: the built site, with everything but its service worker and its compressed files.
 */
export function listSiteFiles(folder: string): SiteFiles {
  const models = JSON.parse(readFileSync(join(folder, 'models/index.json'), 'utf8')) as { name: string }[];
  const first = models[0]?.name ?? '';
  const files: SiteFiles = { atInstall: {}, onDemand: {} };
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name))).sort();
  for (const path of paths) {
    const [room = '', name = ''] = path.split('/');
    const isOfModel = room === 'models' && path !== 'models/index.json';
    if (notOfThePage.test(path) || (isOfModel && !filesOfModel(folder, name).includes(path))) continue;
    const isOfAnother = name !== first && !isDetector(folder, name) && ((isOfModel && !path.endsWith('/card.md')) || (room === 'samples' && name !== 'manifest.json'));
    const isLater = isOfAnother || isFurtherGolden(folder, path) || /^(ort\/|assets\/(onnxruntime|readers|cytodrop_)|cytodrop_(formats|jxl))/.test(path);
    files[isLater ? 'onDemand' : 'atInstall'][path] = createHash('sha256').update(readFileSync(join(folder, path))).digest('hex');
  }
  return files;
}

interface Spec { kind?: 'detector' | 'encoder'; network: { file: string }; head: { file: string }; novelty?: { file: string }; networks: { file: string }[] }

function specOf(folder: string, name: string): Spec | undefined {
  const file = join(folder, 'models', name, 'spec.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Spec) : undefined;
}

function isDetector(folder: string, name: string): boolean {
  return specOf(folder, name)?.kind === 'detector';
}

function isClassifier(folder: string, name: string): boolean {
  const spec = specOf(folder, name);
  return spec !== undefined && spec.kind === undefined;
}

/** Those that are read to use it (`readModel`, `readDetector` and `readEncoder` of the library), and the card. */
function filesOfModel(folder: string, name: string): string[] {
  const spec = specOf(folder, name);
  if (spec === undefined) return [];
  const networks = spec.kind === 'encoder' ? spec.networks : [spec.network];
  const files = spec.kind !== undefined ? ['spec.json', ...networks.map(({ file }) => file), 'card.md'] : ['spec.json', spec.network.file, spec.head.file, spec.novelty?.file, 'card.md', 'golden/golden.json', ...goldenImages(folder, name)];
  return files.filter((file) => file !== undefined).map((file) => `models/${name}/${file}`);
}

function goldenImages(folder: string, name: string): string[] {
  const { cases } = JSON.parse(readFileSync(join(folder, 'models', name, 'golden/golden.json'), 'utf8')) as { cases: { image: string }[] };
  return cases.map(({ image }) => `golden/${image}`);
}

/** The self-test takes the first. */
function isFurtherGolden(folder: string, path: string): boolean {
  const [room, name = '', ...rest] = path.split('/');
  return room === 'models' && rest.length > 0 && isClassifier(folder, name) && goldenImages(folder, name).slice(1).includes(rest.join('/'));
}
