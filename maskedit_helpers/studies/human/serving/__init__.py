"""The pages that raters see, and the server that gives them: Starlette, Jinja2, uvicorn."""
