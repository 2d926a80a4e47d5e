/** What axe-core finds wrong for people who hear the page, see little contrast or use keys only: nothing, in every view, wide and on a phone, light and dark. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Exported } from '../border/exported.ts';
import { drawDiscs, omeStack, someDiscs } from '../border/frames.ts';
import { asRgb, writePyramid } from '../border/pyramid.ts';
import { assertAccessible, axe } from './axe.ts';
import { Site } from './site.ts';

let site: Site;
before(async () => { site = await Site.start(); });
after(() => site.stop());

for (const [device, size] of [['wide', { width: 1440, height: 900 }], ['on a phone', { width: 390, height: 844 }]] as const) {
  test(`single cells, ${device}`, async () => {
    await site.visit(async (page) => {
      await page.page.evaluate(axe);
      await assertAccessible(page, 'start');
      await page.press('samples');
      await page.finish(24);
      await assertAccessible(page, 'gallery');
      await page.page.click(`label:has(${page.find('view-table')})`);
      await page.page.waitForSelector('table');
      await assertAccessible(page, 'table');
      await page.page.click(`label:has(${page.find('view-gallery')})`);
      await (await page.page.waitForSelector(page.find('cell-card')))?.click();
      await page.page.waitForSelector(page.find('details'));
      await assertAccessible(page, 'details');
    }, size);
  });

  test(`a slide and a stack, ${device}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cytodrop-accessibility-'));
    const painted = { left: 8_192, top: 4_096, width: 340, height: 270, rgb: asRgb(drawDiscs(340, 270, someDiscs)) };
    writePyramid(join(folder, 'slide.tif'), { width: 16_384, height: 8_192, levels: 3, painted });
    writeFileSync(join(folder, 'stack.ome.tif'), omeStack());
    await site.visit(async (page) => {
      await page.page.evaluate(axe);
      await page.useModel('viability', 'Viability');
      await page.addFiles([join(folder, 'slide.tif'), join(folder, 'stack.ome.tif')]);
      await page.finish(2);
      await page.page.waitForSelector(page.find('region-size'));
      await assertAccessible(page, 'overview');
      await page.press('find-here');
      await page.page.waitForSelector(page.find('to-overview'));
      await assertAccessible(page, 'region');
      await page.press('next-frame');
      await page.page.waitForSelector(page.find('why-plane'));
      await assertAccessible(page, 'stack');
    }, size).finally(() => rmSync(folder, { recursive: true }));
  });

  test(`a network of one's own, and the model that becomes of it, ${device}`, async () => {
    const net = new Exported();
    const folder = mkdtempSync(join(tmpdir(), 'cytodrop-accessibility-'));
    writeFileSync(join(folder, 'own.onnx'), net.graph.file(['N', 3, 'S', 'S'], net.node('Gemm', [net.node('Flatten', [net.node('GlobalAveragePool', [net.conv('x', 3, 6)])]), net.weights([6, 3])])));
    await site.visit(async (page) => {
      await page.page.evaluate(axe);
      await page.addFiles([join(folder, 'own.onnx')], 'model-input');
      await page.page.waitForSelector(`${page.find('network-trial')}[data-phase=done]`);
      await page.page.select(page.find('network-range'), 'own');
      await page.page.waitForSelector(page.find('network-mean'));
      await page.page.waitForSelector(`${page.find('network-trial')}[data-phase=done]`);
      await assertAccessible(page, 'network');
      await page.press('add-network');
      await page.page.waitForSelector(`${page.find('model-card')}[data-own=true]`);
      await assertAccessible(page, 'own model');
    }, size);
    rmSync(folder, { recursive: true });
  });

  test(`models and fields of view, ${device}`, async () => {
    await site.visit(async (page) => {
      await page.page.evaluate(axe);
      await page.press('model-picker');
      const use = await page.page.waitForSelector(`${page.find('model-card')}[data-model=viability] ${page.find('use-model')}`);
      await assertAccessible(page, 'models');
      await use?.click();
      await page.page.waitForSelector(`${page.find('model-picker')}[data-phase=ready]`);
      await (await page.page.waitForSelector(page.find('sample-field')))?.click();
      await page.finish(1);
      for (const side of ['side-frames', 'side-search', 'side-count']) {
        await page.page.click(`label:has(${page.find(side)})`);
        await page.page.waitForSelector(`${page.find(side)}:checked`);
        await assertAccessible(page, side);
      }
      await page.page.click(`label:has(${page.find('tool-scale')})`);
      await page.page.waitForSelector(page.find('scale-panel'));
      await page.page.type(page.find('scale-size'), '0.5');
      await page.page.type(page.find('scale-name'), '20×');
      await page.press('keep-scale');
      await page.page.waitForSelector(page.find('known-scale'));
      await assertAccessible(page, 'scale');
    }, size);
  });
}
