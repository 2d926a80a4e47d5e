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
import { measureCommand } from './measure.ts';
import { withOutput, write } from './output.ts';
import { projectCommand } from './project.ts';
import { summariseCommand } from './summarise.ts';
import { teachCommand } from './teach.ts';

const afterHelp = `
Exit status: 0 every file was read, or the report reproduced; 2 some files were not read, each with a line of its own;
3 the self-test failed and there are no results; 4 the report was not reproduced; 64 wrong usage;
130 stopped by Ctrl+C, with every result up to there written; 1 anything else.
`;

function programOf(finish: (code: number) => void, say: (text: string) => void): Command {
  const program = new Command('cytodrop')
    .description('Names the type of every cell in image files, as the Cytodrop page does, without a browser.\nFor research and teaching; not for diagnosis.')
    .version(appVersion, '--version', 'print the version')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', afterHelp);
  for (const make of [classifyCommand, checkCommand, inspectCommand, measureCommand, projectCommand, summariseCommand, teachCommand]) program.addCommand(make(finish));
  for (const command of [program, ...program.commands]) {
    command.helpOption('-h, --help', 'print this').exitOverride().configureOutput({ writeOut: say, writeErr: () => {}, outputError: () => {} });
  }
  return program;
}

/** The command that the words begin with; the program's own options end it at once and stand before none. */
function commandOf(program: Command, args: readonly string[]): Command | undefined {
  const first = args.find((word) => word !== '--');
  return program.commands.find((command) => command.name() === first);
}

/** What commander says, as one line in this program's own words. */
function usageWords({ code, message }: CommanderError, program: Command, args: readonly string[]): string {
  const [, option = ''] = /'(-.*?)[ ']/.exec(message) ?? [];
  const [, invalid] = /' is invalid\. (.*)$/s.exec(message) ?? [];
  const [, similar] = /\(Did you mean (.*)\?\)/.exec(message) ?? [];
  const hint = similar && `did you mean ${similar}?`;
  switch (code) {
    case 'commander.invalidArgument': return `${option}: ${invalid}`;
    case 'commander.optionMissingArgument': return `${option}: its value is missing.`;
    case 'commander.missingMandatoryOptionValue': return `${option} is missing.`;
    case 'commander.missingArgument': return commandOf(program, args)?.name() === 'summarise' ? 'No results given.' : commandOf(program, args)?.name() === 'check' ? 'check: a report and an image file or folder are needed.' : 'No image file or folder given.';
    case 'commander.unknownOption': return unknownOptionWords(option, hint, program, args);
    case 'commander.unknownCommand': case 'commander.help': return unknownCommandWords(hint, args);
    default: return message.replace(/^error: /, '').replaceAll('\n', ' ');
  }
}

function unknownOptionWords(option: string, hint: string | undefined, program: Command, args: readonly string[]): string {
  const [flag] = option.split('=');
  const has = (command: Command): boolean => command.options.some(({ long }) => long === flag);
  const owners = program.commands.filter(has);
  const [command, owner] = [commandOf(program, args), owners.find((each) => args.includes(each.name())) ?? owners[0]];
  if (command === undefined) {
    return owner ? `${flag}: stands behind its command, as in cytodrop ${owner.name()} ${flag}.` : `${option}: there is no such option; ${hint ?? 'cytodrop --help lists them.'}`;
  }
  if (has(command)) return `${flag}: takes no value.`;
  return `${option}: is not an option of ${command.name()}${owner ? ` but of ${owner.name()}` : ''}; ${hint ?? `cytodrop ${command.name()} --help lists its own.`}`;
}

/** Commander shows its help, too, where there is no command or `help` is asked about one that there is not. */
function unknownCommandWords(hint: string | undefined, args: readonly string[]): string {
  const [first, second] = args.filter((word) => word !== '--');
  const asked = first === 'help' ? second : first;
  return asked === undefined ? 'No command given.' : `There is no command "${asked}"${hint ? `; ${hint}` : '.'}`;
}

/** Raises: CommanderError where the words are not understood, and what the command raises. */
async function run(program: Command, args: string[]): Promise<void> {
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    // Help or version were asked for.
    if (!(error instanceof CommanderError) || error.exitCode !== 0) throw error;
  }
}

async function main(args: string[]): Promise<number> {
  let code = exitCode.allRead;
  let said = '';
  const program = programOf((given) => { code = given; }, (text) => { said += text; });
  try {
    await run(program, args);
    // Waited for: what is still in a pipe when the program exits is lost.
    return await withOutput(undefined, async (output) => {
      if (said !== '') await write(output, said);
      return code;
    });
  } catch (error) {
    return codeOfError(error, program, args);
  }
}

/** Says on standard error what went wrong. */
function codeOfError(error: unknown, program: Command, args: readonly string[]): number {
  if (error instanceof CommanderError || error instanceof UsageError) {
    const words = error instanceof UsageError ? error.message : usageWords(error, program, args);
    process.stderr.write(`${words}\nTry: cytodrop ${[commandOf(program, args)?.name(), '--help'].filter(Boolean).join(' ')}\n`);
    return exitCode.wrongUsage;
  }
  const { code: reason, message } = error as NodeJS.ErrnoException;
  // Who read the results has gone away.
  if (reason !== 'EPIPE') process.stderr.write(`${message}\n`);
  return error instanceof CytodropError && error.code === 'self_test_failed' ? exitCode.selfTestFailed : exitCode.failed;
}

if (isMainThread) process.exit(await main(process.argv.slice(2)));
