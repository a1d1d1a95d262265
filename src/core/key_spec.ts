/** A key as a job writes it: a template such as `partner:{partner}`, or a function that a template can be read off. */
export type KeySpec<Payload> = string | ((payload: Payload) => string | number);
