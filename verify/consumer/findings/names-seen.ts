import type { Contract } from '../../contract/contract.ts';
import { levelOf } from '../../contract/level.ts';
import { ruleInWords } from '../../contract/rule-in-words.ts';
import type { RequestFault } from '../../judge/request-fault.ts';
import type { Exchange, Finding } from '../../report/model.ts';
import { presentable } from '../../report/presentable.ts';
import type { Judgement } from './judge-exchange.ts';

/** Whether a consumer ever sent a legal name. One that sends only illegal names has a fault; it is not testing refusals. */
export class NamesSeen {
  readonly #contract: Contract;
  #legal = 0;
  #illegal = 0;
  #first: Finding | undefined;

  constructor(contract: Contract) {
    this.#contract = contract;
  }

  add({ nameFaults }: Judgement, exchange: () => Exchange, mask: (text: string) => string): void {
    const [fault] = nameFaults ?? [];
    if (nameFaults === undefined) return;
    if (fault === undefined) this.#legal++;
    else {
      this.#illegal++;
      this.#first ??= this.#findingOf(fault, exchange(), mask);
    }
  }

  findings(): Finding[] {
    return this.#legal === 0 && this.#first !== undefined ? [{ ...this.#first, title: this.#title() }] : [];
  }

  #title(): string {
    return `none of ${this.#illegal} requests named an image that the contract allows`;
  }

  #findingOf(fault: RequestFault, exchange: Exchange, mask: (text: string) => string): Finding {
    const { rule, words } = this.#ruleOf(fault, exchange);
    const message = `The consumer sends only illegal names: ${words}.`;
    const violation = {
      ...({
        rule,
        message,
        clause: ruleInWords(this.#contract, rule),
        party: 'consumer',
        harm: 'delete-refused',
      } as const),
      ...(fault.found !== undefined && { found: fault.found }),
      exchange,
    };
    return {
      id: 'names/only-illegal',
      level: levelOf(this.#contract, rule),
      title: this.#title(),
      status: fault.status,
      cause: fault.cause ?? 'illegal-name',
      verdict: 'violated',
      violations: [presentable(violation, mask)],
    };
  }

  /** A slash sent as `%2F` breaks the rule of the substitution (`x-rules`); anything else breaks the rule of the name. */
  #ruleOf({ rule, message }: RequestFault, { sent }: Exchange): { readonly rule: string; readonly words: string } {
    const escaped = /%2F/i.exec(sent.split(/\r?\n/, 1)[0] ?? '')?.[0];
    const rules = this.#contract.operations.flatMap((operation) => operation.rules);
    const number = rules.findIndex(({ substitution }) => substitution?.character === '/');
    const travels = rules[number];
    if (escaped === undefined || travels === undefined) return { rule, words: message.replace(/\.$/, '') };
    return { rule: travels.pointer, words: `sent \`${escaped}\`; rule ${number + 1}` };
  }
}
