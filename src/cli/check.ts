/** `cytodrop check`: whether images still give what a report says. */
import { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { checkLines, checkWords, readReport, type Report } from '../js/index.ts';
import { exitCode, UsageError } from './exit.ts';
import { detectorOption, engineOption, isModelName, jobsOption, modelOption, openClassifier, outputOption, type Staff } from './options.ts';
import { interruptible, progressReport, withOutput, write } from './output.ts';
import { filesOf } from './paths.ts';

interface Options extends Staff { model?: string; second?: string; output?: string }

export function checkCommand(finish: (code: number) => void): Command {
  return new Command('check')
    .summary('work on images again and compare with a report')
    .description('Works on the images again and tells whether they give what the report, exported as JSON, says, of single cells or of frames; images are known by their pixels, whatever their '
      + 'names. Model, settings and checks stand in the report.')
    .argument('<report>', 'a report exported as JSON')
    .argument('<path...>', 'image files or folders')
    .addOption(modelOption('where the report is by a model of your own: its zip, or its folder as a path'))
    .addOption(modelOption('the same for the second model', '--second'))
    .addOption(detectorOption())
    .addOption(engineOption())
    .addOption(jobsOption())
    .addOption(outputOption())
    .action(async (report: string, paths: string[], options: Options) => finish(await check(report, paths, options)));
}

async function check(file: string, given: string[], { output: outputFile, model, second, ...staff }: Options): Promise<number> {
  const report = await read(file);
  const signal = interruptible();
  return withOutput(outputFile, async (output) => {
    const paths = await filesOf(given);
    const classifier = await openClassifier(model ?? report.model.name, report.second ? (second ?? report.second.name) : undefined, staff, paths.length);
    const progress = progressReport(paths.length);
    try {
      const result = await classifier.checkReport(report, paths, { signal, onProgress: (done) => progress(done, 0) });
      await write(output, `${[checkWords(result), ...checkLines(result)].join('\n')}\n`);
      return result.reproduced ? exitCode.allRead : exitCode.notReproduced;
    } catch (error) {
      if (signal.aborted) return exitCode.interrupted;
      throw error;
    }
  });
}

async function read(file: string): Promise<Report> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => { throw new UsageError(`The report could not be read (${error.code}).`); });
  const report = readReport(text);
  if ([report.model, report.second].some((model) => model !== null && !isModelName(model.name))) throw new UsageError('The report names no model.');
  return report;
}
