// The ES module of the rehearsal: see rehearsal.js.
export const handler = async (event) => event;
