/** Whatever the order in which a person chooses model, mode, files and settings: the same results. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { root } from '../border/fixtures.ts';
import { type CellPage, Site } from './site.ts';

const fields = [1, 2].map((n) => fileURLToPath(new URL(`public/samples/viability/fields/simulated-field-${n}.png`, root)));
const images = fields.slice(0, 1);

let site: Site;
before(async () => { site = await Site.start(); });
after(() => site.stop());

type Step = 'model' | 'mode' | 'drop' | 'settings' | 'channel' | 'turns';

const steps: Record<Step, (page: CellPage) => Promise<void>> = {
  model: (page) => page.useModel('viability', 'Viability'),
  mode: async (page) => void (await page.page.$eval(page.find('mode-fields'), (input) => (input as HTMLElement).click())),
  drop: (page) => page.addFiles(images),
  settings: async (page) => {
    await page.page.$eval(page.find('side-search'), (input) => (input as HTMLElement).click());
    await page.page.waitForSelector(page.find('least-diameter'));
    await page.page.$eval(page.find('least-diameter'), (input) => {
      (input as HTMLInputElement).value = '14';
      input.dispatchEvent(new Event('input', { bubbles: true }));
    });
    await page.page.waitForSelector(`${page.find('use-for-all')}:not(:disabled)`);
    await page.press('use-for-all');
  },
  channel: async (page) => {
    await page.page.waitForSelector(page.find('channel'));
    await page.page.select(page.find('channel'), '0');
  },
  turns: async (page) => void (await page.page.$eval(page.find('check-turns'), (input) => (input as HTMLElement).click())),
};

/** Orders in which each step comes after those that it needs. */
function orders(wanted: readonly Step[]): Step[][] {
  const needs: Partial<Record<Step, Step[]>> = { settings: ['mode', 'drop'], channel: ['mode', 'drop'], turns: ['drop'] };
  const grow = (done: Step[]): Step[][] =>
    done.length === wanted.length ? [done] : wanted.filter((step) => !done.includes(step) && (needs[step] ?? []).every((need) => done.includes(need))).flatMap((step) => grow([...done, step]));
  return grow([]);
}

async function exported(order: readonly Step[]): Promise<string> {
  let csv = '';
  await site.visit(async (page) => {
    for (const step of order) {
      await steps[step](page);
      // A person waits for what is under way, or does not.
      if (order.indexOf(step) % 2 === 1 && order.slice(0, order.indexOf(step) + 1).includes('drop')) await page.finish(images.length);
    }
    await page.finish(images.length);
    csv = await page.export('csv');
  });
  return csv;
}

for (const wanted of [['model', 'mode', 'drop', 'settings'], ['model', 'mode', 'drop', 'channel'], ['model', 'mode', 'drop', 'turns']] as const) {
  test(`${wanted.join(', ')}: the export is the same in every order`, async () => {
    const all = orders(wanted);
    assert.ok(all.length >= 5);
    const [first = [], ...others] = all;
    const expected = await exported(first);
    assert.ok(expected.split('\n').length > 30);
    for (const order of others) assert.equal(await exported(order), expected, order.join(', '));
  });
}
