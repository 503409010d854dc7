// Every fault, in the groups that the table has.
import type { Fault } from './fault.ts';
import { authenticationFaults } from './faults/authentication.ts';
import { deletionFaults } from './faults/deletion.ts';
import { errorFaults } from './faults/errors.ts';
import { nameFaults } from './faults/names.ts';
import { notFoundFaults } from './faults/not-found.ts';
import { orderFaults } from './faults/order.ts';
import { successFaults } from './faults/success.ts';

export const faultGroups: Readonly<Record<string, readonly Fault[]>> = {
  'The answer to a delete': successFaults,
  'The shape of errors': errorFaults,
  'Who asks': authenticationFaults,
  'The order of checks, and what strangers learn': orderFaults,
  Names: nameFaults,
  'What does not exist': notFoundFaults,
  'What is deleted': deletionFaults,
};

export const faults: readonly Fault[] = Object.values(faultGroups).flat();
