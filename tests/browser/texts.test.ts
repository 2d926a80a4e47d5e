/** What a person can read about the tool and its models on the page itself. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readFileSync } from 'node:fs';
import { root } from '../border/fixtures.ts';
import { Site } from './site.ts';

let site: Site;

before(async () => { site = await Site.start(); });
after(() => site.stop());

test('what the tool may be used for is one press from every result', async () => {
  await site.visit(async (page) => {
    await page.page.waitForSelector(`${page.find('footer')}[data-offline=ready]`);
    await page.press('samples');
    await page.page.waitForSelector(`${page.find('progress')}[data-state=done]`);
    for (const link of [page.find('use'), '.progress-words button']) {
      await page.page.click(link);
      await page.page.waitForSelector(`${page.find('use-dialog')} h3`);
      const text = await page.page.$eval(page.find('use-dialog'), (dialog) => dialog.textContent ?? '');
      for (const words of ['You may not use it to', 'diagnose', 'Who it is made for', 'Known failures', 'How it was validated']) assert.ok(text.includes(words), words);
      assert.doesNotMatch(text, /\*\*|\]\(|^#|<!--/m);
      await page.page.keyboard.press('Escape');
      await page.page.waitForSelector(page.find('use-dialog'), { hidden: true });
    }
    // Kept before the first image, so that reading it asks the network for nothing.
    await page.page.waitForSelector(`${page.find('footer')}[data-requests-since="0"]`);
  });
});

test('what others made has its licence and its notice', async () => {
  await site.visit(async (page) => {
    await page.press('use');
    await page.press('licences');
    await page.page.waitForSelector(`${page.find('licences-dialog')} details`);
    const notices = new Map(await page.page.$$eval(`${page.find('licences-dialog')} details`, (all) => all.map((one) => [one.querySelector('summary')?.textContent?.replace(/ [\d.]+$/, '') ?? '', one.querySelector('pre')?.textContent ?? ''] as const)));
    const { dependencies } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { dependencies: Record<string, string> };
    for (const name of [...Object.keys(dependencies), 'd3-scale', 'papaparse', 'libjpeg-turbo', 'libtiff', 'zlib', 'libjxl', 'Highway', 'LERC', 'OpenJPEG', 'Zstandard', 'JSON for Modern C++', 'protozero', 'stb_image', 'musl, by Emscripten']) assert.ok((notices.get(name) ?? '').length > 10, name);
    assert.match(notices.get('preact') ?? '', /Permission is hereby granted, free of charge/);
    assert.match(notices.get('zlib') ?? '', /^Copyright \(C\) 1995[^]*freely, subject to the following restrictions/);
    assert.match(notices.get('Independent JPEG Group’s software') ?? '', /This software is copyright \(C\)/);
  });
});

test('what the checks measure, and what they showed of our models, is one press from them', async () => {
  await site.visit(async (page) => {
    await page.press('samples');
    await page.page.waitForSelector(`${page.find('progress')}[data-state=done]`);
    await page.press('cell-card');
    await page.page.waitForSelector(page.find('about-checks'));
    await page.press('about-checks');
    await page.page.waitForSelector(`${page.find('why-dialog')} td`);
    const { text, rows } = await page.page.$eval(page.find('why-dialog'), (dialog) => ({ text: dialog.textContent ?? '', rows: [...dialog.querySelectorAll('tbody tr')].map((row) => row.firstElementChild?.textContent) }));
    for (const words of ['RISE', 'from the middle', 'Changes when turned', 'A second model']) assert.ok(text.includes(words), words);
    assert.deepEqual(rows.sort(), ['blood-smear', 'blood-smear-anywhere', 'cancer-lines', 'cell-cycle', 'prostate-lines', 'viability'].flatMap((name) => [name, name]));
    assert.doesNotMatch(text, /\*\*|\]\(|<!--|\| ---/);
    await page.page.keyboard.press('Escape');
    await page.page.waitForSelector(page.find('why-dialog'), { hidden: true });
    assert.ok(await page.page.$(page.find('details')), 'the details stay open');
  });
});

test('every model has its card: what it is for, its data, its numbers, where it fails', async () => {
  await site.visit(async (page) => {
    await page.press('model-picker');
    const names = await page.page.$$eval(page.find('model-card'), (cards) => cards.map((card) => (card as HTMLElement).dataset['model'] ?? ''));
    assert.ok(names.length >= 4);
    for (const name of names) {
      await page.page.click(`${page.find('model-card')}[data-model=${name}] ${page.find('about-model')}`);
      await page.page.waitForSelector(`${page.find('about-dialog')} details[open]`);
      const { titles, open, tables, text } = await page.page.$eval(page.find('about-dialog'), (dialog) => ({
        titles: [...dialog.querySelectorAll('summary')].map((summary) => summary.textContent ?? ''),
        open: [...dialog.querySelectorAll('details[open] > summary')].map((summary) => summary.textContent ?? ''),
        tables: dialog.querySelectorAll('td').length,
        text: dialog.textContent ?? '',
      }));
      for (const title of ['What it is for, and what not', 'Data', 'Split, and what it does not rule out', 'Numbers', 'Where it fails', 'How it was made', 'Licence', 'Facts']) {
        assert.ok(titles.includes(title), `${name}: ${title}`);
      }
      assert.deepEqual(open, ['What it is for, and what not', 'Where it fails']);
      assert.ok(tables > 50, name);
      assert.match(text, /Not for diagnosis|teaching/i);
      assert.doesNotMatch(text, /\*\*|\]\(|<!--|\| ---/, name);
      await page.page.keyboard.press('Escape');
      await page.page.waitForSelector(page.find('about-dialog'), { hidden: true });
      await page.press('model-picker');
    }
  });
});
