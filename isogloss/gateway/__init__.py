"""The room that knows all the others: settings, authentication, the app, the server, the command line."""
