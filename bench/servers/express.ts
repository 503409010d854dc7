// Bare Express 5: one route, no authentication, no validation, no log.
import express from 'express';
import { errorBody, isAbsent, port, route } from '../contract.ts';

const app = express();
app.delete(route, (request, response) => {
  if (isAbsent(request.params['tag'] as string)) response.status(404).json(errorBody('tag-not-found', 'none'));
  else response.status(204).end();
});
app.listen(port, '127.0.0.1');
