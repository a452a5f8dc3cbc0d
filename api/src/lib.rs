//! Pressroom: a headless CMS for publications. What is allowed, and how it is said.

pub mod app;
pub mod auth;
pub mod cache;
pub mod clock;
pub mod config;
pub mod content;
pub mod demo;
pub mod error;
mod feeds;
pub mod graphql;
pub mod jobs;
pub mod media;
pub mod openapi;
pub mod page;
pub mod problem;
pub mod reference;
pub mod rest;
pub mod service;
pub mod view;
