"""Who makes a request: from its key or its cookie to a caller, and the routes of signing in and out."""
