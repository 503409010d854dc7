import { z } from 'zod';

/** PUBLIC_URL: the URL that callers use, with its path. */
export const publicUrl = z.string().transform((value, context) => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    context.addIssue({ code: 'custom', message: 'must be a URL such as https://swr.example/prefix' });
    return z.NEVER;
  }
  if (url.username !== '' || url.password !== '') {
    context.addIssue({ code: 'custom', message: 'must not contain a user or a password' });
  }
  if (value.includes('?') || value.includes('#')) {
    context.addIssue({ code: 'custom', message: 'must end with its path, without query or fragment' });
  }
  return url;
});
