/** Mounts the view of a measurement as the page would, on made-up cells of the blood types. */
import { h, render } from 'preact';
import { Measurer, type ModelSpec } from '../../src/js/index.ts';
import '../../web/main.css';
import { MeasurementView } from '../../web/views/measure/measurement_view.tsx';
import { labelledCells } from '../js/labelled_cells.ts';
import { measurementContext } from '../js/measurement_context.ts';

const spec = (await (await fetch('spec.json')).json()) as ModelSpec;
const cells = labelledCells(600, spec.classes.length, 3);
const measurer = await Measurer.open({ home: new URL('./', document.baseURI) });
const measurement = await measurer.measure(cells, 200);
const found = await measurer.compare(cells, labelledCells(600, spec.classes.length, 2), 200);
const accounting = { images: 640, measured: 600, unread: 10, without_truth: 20, of_other_types: { 'blast <b>': 10 }, named: 480, named_rightly: 460, unsure: 100, foreign: 15, poor_quality: 5 };
const context = measurementContext(spec, 600);
const app = document.getElementById('app') as HTMLElement;
const draw = (selected: { truth: number; named: number } | null): void => {
  const onSelect = (field: { truth: number; named: number }): void => {
    app.dataset['selected'] = `${field.truth} ${field.named}`;
    draw(field);
  };
  render(h('div', { style: { padding: '16px' } }, h('h1', {}, 'Measurement'), h(MeasurementView, { measurement, spec, accounting, cells, context, comparison: { found, first: 'First', second: 'Second' }, selected, onSelect })), app);
};
draw(null);
