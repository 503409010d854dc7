// `swr-tag-delete completion`: what a shell offers after TAB, from commander's definitions.
import { ShellCompDirective, script } from '@bomb.sh/tab';
import tab from '@bomb.sh/tab/commander';
import { Argument, Command } from 'commander';

const PROGRAM = 'swr-tag-delete';
const SHELLS = ['bash', 'zsh', 'fish'] as const;

const examples = `
Examples:
  source <(swr-tag-delete completion bash)   # in ~/.bashrc
  source <(swr-tag-delete completion zsh)    # in ~/.zshrc, after compinit
  swr-tag-delete completion fish | source    # in ~/.config/fish/config.fish

Exit codes: 0 done, 2 usage error.`;

/**
 * Not the library's script: that of 0.0.22 needs the package bash-completion, fails where it is read a second time,
 * evaluates what was typed, and never offers files.
 */
const bash = `_swr_tag_delete() {
  local value
  COMPREPLY=()
  while IFS=$'\\t' read -r value _; do
    [[ $value == :* ]] || COMPREPLY+=("$value")
  done < <("\${COMP_WORDS[0]}" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o bashdefault -o default -F _swr_tag_delete ${PROGRAM}
`;

/** The command. */
export function completionCommand(): Command {
  return new Command('completion')
    .description('Writes what makes a shell complete commands, options and their values after TAB.')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText('after', examples)
    .action((shell: (typeof SHELLS)[number]) => {
      if (shell === 'bash') process.stdout.write(bash);
      else script(shell, PROGRAM, PROGRAM);
    });
}

/**
 * Writes what the scripts ask for: a line for each value that may come next, with a tab and its description, and a last
 * line that says whether the shell may offer files.
 * @param program has all commands; the one that the line names with its options
 * @param line the words after the program's name; the last is the one at the cursor, and may be empty
 */
export function complete(program: Command, line: readonly string[]): void {
  // bash takes --level=base for three words.
  const words = line.flatMap((word, at) => (word !== '=' ? [word] : at === line.length - 1 ? [''] : []));
  const command = program.commands.find((one) => one.name() === words[0]) ?? program;
  const option = command.options.find(({ long }) => long === words.at(-2));
  if (/<(?:file|dir|directory)>/.test(option?.flags ?? '')) {
    process.stdout.write(`:${ShellCompDirective.ShellCompDirectiveDefault}\n`);
    return;
  }
  const completions = tab(program);
  // The adapter adds it, for programs whose scripts the library writes.
  completions.commands.delete('complete');
  completions.parse(words);
}
