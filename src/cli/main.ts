/** The command line: the same classifier as the page's, under Node. */
import { Command, CommanderError } from 'commander';
import { isMainThread } from 'node:worker_threads';
import { appVersion, CytodropError } from '../js/index.ts';
// This one file is its workers' too.
import '../js/worker.ts';
import { checkCommand } from './check.ts';
import { classifyCommand } from './classify.ts';
import { exitCode, UsageError } from './exit.ts';
import { inspectCommand } from './inspect.ts';

const afterHelp = `
Exit status: 0 every file was read, or the report reproduced; 2 some files were not read, each with a line of its own;
3 the self-test failed and there are no results; 4 the report was not reproduced; 64 wrong usage;
130 stopped by Ctrl+C, with every result up to there written; 1 anything else.
`;

function programOf(finish: (code: number) => void): Command {
  const program = new Command('cytodrop')
    .description('Names the type of every cell in image files, as the Cytodrop page does, without a browser.\nFor research and teaching; not for diagnosis.')
    .version(appVersion, '--version', 'print the version')
    .helpOption('-h, --help', 'print this')
    .addHelpText('after', afterHelp);
  for (const make of [classifyCommand, checkCommand, inspectCommand]) program.addCommand(make(finish));
  for (const command of [program, ...program.commands]) command.exitOverride().configureOutput({ outputError: () => {} }).showHelpAfterError(false);
  return program;
}

/** What commander says, as one line in this program's own words. */
function usageWords(error: CommanderError, args: readonly string[]): string {
  const [, option, rest] = /option '(--[a-z-]+)[^']*' argument '[^']*' is invalid\. (.*)$/s.exec(error.message) ?? [];
  if (option !== undefined) return `${option}: ${rest}`;
  const [, unknown] = /unknown option '([^']+)'/.exec(error.message) ?? [];
  const command = args.find((word) => !word.startsWith('-'));
  if (unknown !== undefined) return `${unknown}: ${command === undefined ? 'there is no such option' : `is not an option of ${command}`}; ${suggestion(error.message) ?? `cytodrop ${command ?? ''} --help lists them`.replace('  ', ' ')}.`;
  const [, missing] = /required option '(--[a-z-]+)/.exec(error.message) ?? [];
  if (missing !== undefined) return `${missing} is missing.`;
  if (error.code === 'commander.missingArgument') return command === 'check' ? 'check: a report and an image file or folder are needed.' : 'No image file or folder given.';
  if (error.code === 'commander.unknownCommand') return `There is no command "${command}".`;
  return error.message.replace(/^error: /, '').replaceAll('\n', ' ');
}

function suggestion(message: string): string | undefined {
  const [, similar] = /Did you mean (--[a-z-]+)\?/.exec(message) ?? [];
  return similar && `did you mean ${similar}?`.replace(/\?$/, '');
}

async function main(args: string[]): Promise<number> {
  let code = exitCode.allRead;
  const program = programOf((given) => { code = given; });
  const refuse = (words: string): number => {
    process.stderr.write(`${words}\nTry: cytodrop ${program.commands.some((command) => command.name() === args[0]) ? `${args[0]} ` : ''}--help\n`);
    return exitCode.wrongUsage;
  };
  if (args.length === 0) return refuse('No command given.');
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.allRead : refuse(usageWords(error, args));
    if (error instanceof UsageError) return refuse(error.message);
    const { code: reason, message } = error as NodeJS.ErrnoException;
    // Who read the results has gone away.
    if (reason !== 'EPIPE') process.stderr.write(`${message}\n`);
    return error instanceof CytodropError && error.code === 'self_test_failed' ? exitCode.selfTestFailed : exitCode.failed;
  }
}

if (isMainThread) process.exit(await main(process.argv.slice(2)));
