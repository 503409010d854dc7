// Every fault, in groups as the table has them.
import type { Fault } from './fault.ts';
import { authenticationFaults } from './faults/authentication.ts';
import { deletionFaults } from './faults/deletion.ts';
import { errorFaults } from './faults/errors.ts';
import { nameFaults } from './faults/names.ts';
import { notFoundFaults } from './faults/not-found.ts';
import { orderFaults } from './faults/order.ts';
import { successFaults } from './faults/success.ts';

export const faults: readonly Fault[] = [
  ...successFaults,
  ...errorFaults,
  ...authenticationFaults,
  ...orderFaults,
  ...nameFaults,
  ...notFoundFaults,
  ...deletionFaults,
];
