/** The package as a stranger meets it: packed, installed in an empty folder, used from Node, from strict TypeScript and from a bare page. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Page } from 'puppeteer-core';
import { buildPackage } from '../../scripts/build_package.ts';
import { sha256Of } from '../../scripts/package_site.ts';
import { startServer } from '../../scripts/server.ts';
import { goldenCases, root } from '../border/fixtures.ts';
import { launchChromium } from '../browser/browsers.ts';
import { program } from '../cli/fixtures.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, root));
/** The distribution's own, where there is one: on Debian 12 it is Node 18, the oldest that the package promises. */
const nodes = [...new Set([process.execPath, '/usr/bin/node'])].filter((node) => spawnSync(node, ['--version']).status === 0);

/** Examples of the documentation by their kind, in order. */
const examples = [...readFileSync(path('docs/api.md'), 'utf8').matchAll(/^```(\w+) (\w+)\n(.*?)^```$/gms)].map(([, language = '', kind = '', code = '']) => ({ language, kind, code }));

let folder: string;
let packed: string;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cytodrop-npm-'));
  packed = await buildPackage(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', packed], { cwd: folder, stdio: 'pipe' });
  mkdirSync(join(folder, 'images'));
  goldenCases.forEach(({ image }, i) => cpSync(path(`models/blood-smear/golden/${image}`), join(folder, `images/cell-${i + 1}.png`)));
  cpSync(path('public/samples/viability/fields/simulated-field-1.png'), join(folder, 'field.png'));
});
after(() => rmSync(folder, { recursive: true }));

const run = (node: string, ...args: string[]): string => execFileSync(node, args, { cwd: folder, encoding: 'utf8' });
const withoutMaking = (report: string): object => {
  const { time: _, software: __, ...rest } = JSON.parse(report) as Record<string, unknown>;
  return rest;
};
/** The command line of the site, in the same folder. */
const reported = (): string => execFileSync(process.execPath, [program, 'classify', '--model', 'blood-smear', '--format', 'json', 'images'], { cwd: folder, encoding: 'utf8' });

test('is small, and has nothing that runs when it is installed', () => {
  const manifest = JSON.parse(readFileSync(join(folder, 'node_modules/cytodrop/package.json'), 'utf8')) as Record<string, unknown>;
  assert.deepEqual([manifest['scripts'], manifest['dependencies']], [undefined, undefined]);
  assert.deepEqual(manifest['peerDependenciesMeta'], { 'onnxruntime-web': { optional: true } });
  assert.ok(statSync(packed).size <= 8_900_000, `${statSync(packed).size} bytes`);
  for (const file of ['node.mjs', 'browser.mjs', 'browser_worker.mjs', 'cytodrop_core.wasm', 'cytodrop_formats.wasm', 'LICENSE', 'licences.md', 'README.md', 'types/js/index.d.ts', 'models/blood-smear/card.md', 'models/round/spec.json', 'schemas/spec.schema.json', 'schemas/detector.schema.json']) {
    assert.ok(statSync(join(folder, 'node_modules/cytodrop', file)).size > 0, file);
  }
});

test('built and packed again, elsewhere and by somebody with other rights, it has the same bytes', async () => {
  const umask = process.umask(0o077);
  try {
    assert.equal(sha256Of(readFileSync(await buildPackage(join(folder, 'again')))), sha256Of(readFileSync(packed)));
  } finally {
    process.umask(umask);
  }
});

for (const node of nodes) {
  describe(`under Node ${spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()}`, () => {
    test('results are those of the command line to the last digit', () => {
      writeFileSync(join(folder, 'report.js'), `
        import { Classifier, toJson } from 'cytodrop';
        import { readdirSync } from 'node:fs';
        const classifier = await Classifier.open('blood-smear');
        const records = [];
        for await (const record of classifier.classifyAll(readdirSync('images').sort().map((name) => 'images/' + name), { jobs: 2 })) records.push(record);
        process.stdout.write(toJson(records, classifier.exportContext({ batch: await classifier.judgeBatch(records) })));
        await classifier.close();`);
      const ours = withoutMaking(run(node, 'report.js')) as { cells: unknown[] };
      assert.equal(ours.cells.length, goldenCases.length);
      assert.deepEqual(ours, withoutMaking(reported()));
    });

    test('the command that it brings says the same', () => {
      const command = join(folder, 'node_modules/.bin/cytodrop');
      assert.match(run(node, command, '--version'), /^\d+\.\d+\.\d+\n$/);
      assert.deepEqual(withoutMaking(run(node, command, 'classify', '--model', 'blood-smear', '--format', 'json', 'images')), withoutMaking(reported()));
    });

    test('the models that lie beside it can be asked which of them knows images', () => {
      writeFileSync(join(folder, 'which.js'), `
        import { listModels, whichModel } from 'cytodrop';
        const models = await listModels();
        const facts = { width_px: 288, height_px: 288, channels: 3 };
        const { answers, unasked } = await whichModel([{ source: 'images/cell-1.png', facts }], models.filter(({ name }) => name.startsWith('blood-smear')));
        console.log(models.length, answers.map(({ name, cells }) => name + ' ' + cells).join(', '), unasked.length);`);
      assert.match(run(node, 'which.js'), /^[6-9] blood-smear 1, blood-smear-anywhere 1 0\n$/);
    });

    const wanted = [/^eosinophil 1\.00\nEosinophil$/, /^5$/, /^ten are enough$/, /^40 \d+\n40$/, /^Reproduced: all 2 cells/];
    for (const [i, { code }] of examples.filter(({ kind }) => kind === 'node').entries()) {
      test(`the documentation's example ${i + 1} runs`, () => {
        writeFileSync(join(folder, `example-${i}.js`), code);
        assert.match(run(node, `example-${i}.js`).trim(), wanted[i] ?? assert.fail('an example without what it says'));
      });
    }

    test('a network that needs ONNX Runtime says which package is missing', () => {
      writeFileSync(join(folder, 'oracle.js'), `
        import { Classifier } from 'cytodrop';
        await Classifier.open('blood-smear', { engine: 'onnxruntime' }).catch(({ code, message }) => console.log(code, message));`);
      assert.match(run(node, 'oracle.js'), /^engine_failed This network needs ONNX Runtime, the package onnxruntime-web/);
    });
  });
}

test('with onnxruntime-web beside it, that runs the network', () => {
  const other = join(folder, 'with-runtime');
  mkdirSync(join(other, 'node_modules'), { recursive: true });
  for (const name of ['onnxruntime-web', 'onnxruntime-common', 'long', 'flatbuffers', 'guid-typescript', 'platform', 'protobufjs']) {
    cpSync(path(`node_modules/${name}`), join(other, 'node_modules', name), { recursive: true, errorOnExist: false, force: true });
  }
  cpSync(join(folder, 'node_modules/cytodrop'), join(other, 'node_modules/cytodrop'), { recursive: true });
  writeFileSync(join(other, 'package.json'), '{"type":"module"}');
  writeFileSync(join(other, 'oracle.js'), `
    import { Classifier } from 'cytodrop';
    const classifier = await Classifier.open('blood-smear', { engine: 'onnxruntime' });
    const { label, probability } = await classifier.classify('../images/cell-1.png');
    console.log(classifier.runtime.engine.kind, label, probability.toFixed(4));
    await classifier.close();`);
  const [kind, label, probability] = execFileSync(process.execPath, ['oracle.js'], { cwd: other, encoding: 'utf8' }).trim().split(' ');
  const expected = Math.max(...(goldenCases[0]?.probabilities ?? []));
  assert.deepEqual([kind, label], ['onnxruntime', goldenCases[0]?.label]);
  assert.ok(Math.abs(Number(probability) - expected) <= 2e-4, `${probability} ${expected}`);
});

describe('in strict TypeScript', () => {
  const source = `
    import { Classifier, type ClassifiedCell, CytodropError, type FrameCell, kindOf, toCsv, type VerdictKind } from 'cytodrop';
    export async function name(bytes: Uint8Array): Promise<[string, VerdictKind]> {
      await using classifier = await Classifier.open('blood-smear', { jobs: 2, onProgress: (loaded: number, total: number) => console.log(loaded / total) });
      const cell: ClassifiedCell = await classifier.classify(bytes);
      const records = [];
      for await (const record of classifier.classifyAll([bytes, new URL('https://example.org/a.png')], { signal: AbortSignal.timeout(1000) })) {
        if (record.status === 'error') throw new CytodropError(record.code, record.message);
        records.push(record);
      }
      console.log(toCsv(records, classifier.exportContext()));
      await using frame = await classifier.openFrame(bytes, { page: 1 });
      const cells: FrameCell[] = await frame.classify(await frame.findCells({ least_diameter: 8 }));
      console.log(cells.length);
      return [cell.label, kindOf(cell)];
    }`;
  const check = (code: string, module: string, resolution: string): { status: number | null; stdout: string } => {
    writeFileSync(join(folder, 'use.ts'), code);
    const strict = ['--strict', '--noEmit', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--target', 'es2022', '--lib', 'es2023,esnext.disposable,dom,dom.asynciterable', '--types', ''];
    return spawnSync(process.execPath, [path('node_modules/typescript/bin/tsc'), ...strict, '--module', module, '--moduleResolution', resolution, 'use.ts'], { cwd: folder, encoding: 'utf8' });
  };

  for (const [module, resolution] of [['nodenext', 'nodenext'], ['esnext', 'bundler']] as const) {
    test(`module resolution ${resolution}: what the types promise compiles, what they forbid does not`, () => {
      const { status, stdout } = check(source, module, resolution);
      assert.equal(status, 0, stdout);
      const wrong = check(source.replace('Promise<[string, VerdictKind]>', 'Promise<[number, VerdictKind]>'), module, resolution);
      assert.notEqual(wrong.status, 0);
      assert.match(wrong.stdout, /use\.ts\(.*TS2322/);
    });
  }
});

describe('on a bare page in Chromium, without a bundler', () => {
  /** Serves the folder as it is now. */
  async function visit(page: string, use: (page: Page) => Promise<void>): Promise<void> {
    cpSync(join(folder, 'node_modules/cytodrop'), join(folder, 'cytodrop'), { recursive: true });
    const server = await startServer({ folder, host: '127.0.0.1', port: 0 });
    const browser = await launchChromium();
    try {
      const tab = await browser.newPage();
      await tab.goto(`${server.url}${page}`);
      await use(tab);
    } finally {
      await browser.close();
      await server.close();
    }
  }

  test('the documentation\'s example runs, under the site\'s own Content Security Policy', async () => {
    // The policy forbids scripts in the page itself.
    const [, script = ''] = /<script type="module">(.*)<\/script>/s.exec(examples.find(({ kind }) => kind === 'browser')?.code ?? '') ?? [];
    writeFileSync(join(folder, 'example.js'), script);
    writeFileSync(join(folder, 'example.html'), '<!doctype html><title>One cell</title><script type="module" src="example.js"></script>');
    await visit('example.html', async (page) => {
      await page.waitForFunction(() => document.title !== 'One cell');
      const [label, probability] = (await page.title()).split(' ');
      assert.deepEqual([label, probability], [goldenCases[0]?.label, Math.max(...(goldenCases[0]?.probabilities ?? [])).toFixed(2)]);
    });
  });

  test('results are those of the command line to the last digit', async () => {
    writeFileSync(join(folder, 'report_page.js'), `
      import { Classifier, toJson } from './cytodrop/browser.mjs';
      globalThis.report = async (names) => {
        await using classifier = await Classifier.open('blood-smear');
        const records = [];
        const images = names.map((name) => ({ path: name, source: new URL(name, location.href) }));
        for await (const record of classifier.classifyAll(images, { jobs: 2 })) records.push(record);
        return toJson(records, classifier.exportContext({ batch: await classifier.judgeBatch(records) }));
      };`);
    writeFileSync(join(folder, 'report.html'), '<!doctype html><title>Report</title><script type="module" src="report_page.js"></script>');
    await visit('report.html', async (page) => {
      await page.waitForFunction('globalThis.report !== undefined');
      const names = goldenCases.map((_, i) => `images/cell-${i + 1}.png`);
      assert.deepEqual(withoutMaking(await page.evaluate(`report(${JSON.stringify(names)})`) as string), withoutMaking(reported()));
    });
  });
});
