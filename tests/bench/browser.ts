/** End to end in Chromium, from the bytes of the file to the verdict: ours against what a web developer would write. */
import { extname } from 'node:path';
import { model } from '../border/fixtures.ts';
import type { BrowserTimes } from './page.ts';
import { median, printGoal, printTime, stageNames } from './report.ts';
import { path, withPage } from './site.ts';

const rounds = 6;

export async function benchInBrowser(images: string[]): Promise<void> {
  const named = Object.fromEntries(images.map((image, i) => [`image-${i}${extname(image)}`, image]));
  await withPage({ script: 'page', ready: 'bench', files: { model: path(model), ...named } }, async (page, version) => {
    const times = (await page.evaluate(`bench(${JSON.stringify(Object.keys(named))}, ${rounds})`)) as BrowserTimes;
    console.log(`\n${version}, from file to verdict, the two in turn, ${times.ours.length} batches each`);
    printTime('ours', median(times.ours), true);
    for (const stage of stageNames) printTime(`  ${stage}`, median(times.stages.map((time) => time[stage])));
    printTime("a web developer's", median(times.rival), true);
    printTime('  its network alone', median(times.rivalNetwork));
    printGoal("ours against a web developer's, file to verdict in Chromium", median(times.rival) / median(times.ours), 1);
    console.log(`  same answer for ${times.agreed} of ${times.images}`);
  });
}
