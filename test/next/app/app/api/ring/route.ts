export const POST = () => Response.json({ rung: true });
