/** A plot with its words and numbers, and ways to keep it. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import { fieldWords, figureCsv, figureSvg, type PlotFigure, shownRows, svgElement } from '../../../src/js/plots.ts';
import { saveFile, today } from '../../parts/save_file.ts';
import { words } from './words.ts';

interface Props {
  figure: PlotFigure;
  /** Begins names of files: a model's name. */
  prefix: string;
}

export function Plot({ figure, prefix }: Props) {
  const picture = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => picture.current?.replaceChildren(svgElement(document, figure.svg)), [figure]);
  return (
    <figure class="plot" data-testid={`plot-${figure.name}`}>
      <figcaption>{figure.title}</figcaption>
      <div ref={picture} />
      <details>
        <summary>{words.plot.asTable}</summary>
        <p class="small">{figure.description}</p>
        <PlotRows figure={figure} />
      </details>
      <SavePlot figure={figure} prefix={prefix} />
    </figure>
  );
}

function PlotRows({ figure: { title, table } }: { figure: PlotFigure }) {
  const { rows, every } = shownRows(table);
  return (
    <>
      {every > 1 && <p class="small muted">{words.plot.every(every, table.rows.length)}</p>}
      <div class="table-frame plot-rows" role="region" tabIndex={0} aria-label={title}>
        <table>
          <thead>
            <tr>
              {table.header.map((name, i) => (
                <th key={name} scope="col" class={i > 0 ? 'number' : undefined}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, i) => (
              <tr key={i}>
                {row.map((value, column) => (column === 0 ? <th key={column} scope="row">{fieldWords(value)}</th> : <td key={column} class="number">{fieldWords(value)}</td>))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

const formats = ['svg', 'png', 'csv'] as const;

export function SavePlot({ figure, prefix }: Props) {
  return (
    <div class="save-plot" role="group" aria-label={words.plot.save(figure.title)}>
      <span class="small muted" aria-hidden="true">
        {words.plot.saveShort}
      </span>
      {formats.map((format) => (
        <button key={format} type="button" class="quiet" data-testid={`save-${figure.name}-${format}`} aria-label={words.plot.saveAs(figure.title, words.plot.formats[format])} onClick={() => void save(figure, format, prefix)}>
          {words.plot.formats[format]}
        </button>
      ))}
    </div>
  );
}

async function save(figure: PlotFigure, format: (typeof formats)[number], prefix: string): Promise<void> {
  const name = `cytodrop-${prefix}-${figure.name}-${today()}.${format}`;
  if (format === 'csv') saveFile(figureCsv(figure), 'text/csv', name);
  else if (format === 'svg') saveFile(figureSvg(figure), 'image/svg+xml', name);
  else saveFile(await pngOf(figure), 'image/png', name);
}

/** Pixels for each px of the plot: about 300 for each inch when it is printed 9 cm wide. */
const pngScale = 3;

async function pngOf(figure: PlotFigure): Promise<Blob> {
  const address = URL.createObjectURL(new Blob([figureSvg(figure)], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [pngScale * image.naturalWidth, pngScale * image.naturalHeight];
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/png'));
  } finally {
    URL.revokeObjectURL(address);
  }
}
