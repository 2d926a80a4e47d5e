/** The workflow on two cores: a shard that is killed goes on where it stopped, and all together are what one run gives. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'node:test';
import { goldenCases, root } from '../border/fixtures.ts';
import { cytodrop, linesOf, program, withFolder } from './fixtures.ts';

const pathOf = (path: string): string => fileURLToPath(new URL(path, root));
const skip = spawnSync('snakemake', ['--version']).status === 0 ? false : 'snakemake is missing';

function snakemake(folder: string, ...config: string[]): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('snakemake', ['-s', pathOf('workflow/Snakefile'), '--directory', folder, '--cores', '2', '--keep-going', '--config', ...config]);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { said += text; });
    child.on('error', reject).on('close', (code) => resolve({ code, said }));
  });
}

describe('the workflow', { skip }, () => {
  test('shards, merges, reports; a killed shard goes on where it stopped, the others are not done again', async () => {
    await withFolder(async (folder) => {
      const cells = join(folder, 'cells');
      mkdirSync(cells);
      const images = goldenCases.map(({ image }) => pathOf(`models/blood-smear/golden/${image}`));
      const paths = Array.from({ length: 60 }, (_, i) => join(cells, `cell ${i + 1}.png`));
      paths.forEach((path, i) => copyFileSync(images[i % images.length] ?? '', path));
      writeFileSync(paths[10] as string, 'no image');
      writeFileSync(join(cells, 'notes.txt'), 'no image either');
      // The command line, but for the second shard's first run, which is killed when half a line of it is written.
      const command = join(folder, 'cytodrop');
      const begun = join(folder, 'results/begun/2.ndjson');
      writeFileSync(command, `#!/bin/sh
case "$*" in
  *"--shard 2/3"*)
    if [ ! -e '${folder}/killed' ]; then
      touch '${folder}/killed'
      exec 3<&0
      node '${program}' "$@" <&3 &
      while kill -0 $! && [ "$(wc -c < '${begun}' 2>/dev/null || echo 0)" -lt 4000 ]; do sleep 0.01; done
      kill -9 $! || true
      wait $!
      truncate -s -20 '${begun}'
      exit 137
    fi ;;
esac
exec node '${program}' "$@"
`);
      chmodSync(command, 0o755);
      const config = [`images=${cells}`, 'model=blood-smear', 'shards=3', `cytodrop=${command}`];
      const first = await snakemake(folder, ...config);
      assert.notEqual(first.code, 0);
      assert.ok(existsSync(begun) && !existsSync(join(folder, 'results/cells.parquet')), first.said);
      const standing = linesOf(readFileSync(begun, 'utf8').replace(/[^\n]*$/, '')).length;
      const others = [1, 3].map((part) => statSync(join(folder, `results/shards/${part}.ndjson`)).mtimeMs);

      const second = await snakemake(folder, ...config);
      assert.equal(second.code, 0, second.said);
      assert.deepEqual([1, 3].map((part) => statSync(join(folder, `results/shards/${part}.ndjson`)).mtimeMs), others);
      const starts = readFileSync(join(folder, 'results/logs/2.ndjson'), 'utf8').split('\n').filter((line) => line.includes('"event":"start"')).map((line) => (JSON.parse(line) as { done: number }).done);
      // Of the second start: Snakemake empties logs.
      assert.ok(standing > 0 && standing < 20);
      assert.deepEqual(starts, [standing]);

      const whole = join(folder, 'whole.ndjson');
      assert.equal((await cytodrop('classify', '--model', 'blood-smear', '--output', whole, cells)).code, 2);
      const pooled = JSON.parse(readFileSync(join(folder, 'results/summary.json'), 'utf8')) as object;
      const single = JSON.parse((await cytodrop('summarise', '--format', 'json', whole)).stdout) as object;
      assert.deepEqual({ ...pooled, outputs: 1 }, single);
      const [lines, expected] = [[1, 2, 3].flatMap((part) => linesOf(readFileSync(join(folder, `results/shards/${part}.ndjson`), 'utf8'))), linesOf(readFileSync(whole, 'utf8'))];
      assert.deepEqual(new Map(lines.map((line) => [line.file, line])), new Map(expected.map((line) => [line.file, line])));
      assert.equal(lines.length, 60);
      assert.match(readFileSync(join(folder, 'results/report.txt'), 'utf8'), /^60 images, 1 not read \(unsupported_format 1\)/m);
      assert.equal(readFileSync(join(folder, 'results/cells.parquet')).subarray(0, 4).toString(), 'PAR1');

      // A third time there is nothing to do.
      assert.match((await snakemake(folder, ...config)).said, /Nothing to be done/);
    });
  });
});
